"""What people read of a hold: one sentence for each reason, the same in status, why, plan and pull requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.hold import Hold, Reason
from bot.messages.words import clock, moment, one_line

# What may be missing ({detail}, {until}, {soaked}, {latest}) brings its own comma or colon.
_SENTENCES: Mapping[Reason, str] = {
    Reason.BASE_REWRITTEN: "the history of the base branch was rewritten{detail}; nothing moves until it is back",
    Reason.LANDED_DIFFERENTLY: (
        "what landed is not what was validated{detail}; nothing moves until {subject} is listed under `acknowledged` "
        "in towpath.yaml"
    ),
    Reason.MISSING_PIN: "what {service} is in {env} cannot be told{detail}; nothing moves until it can",
    Reason.HELD: "{env} holds {service} {subject}{until}{detail}",
    Reason.OLDER_THAN_MARK: (
        "{service} {subject} is older than what {env} has had; `towpath lift {service} -e {env}` lets it in"
    ),
    Reason.NOT_PASSED: "{env} waits for {service} {subject}{detail}",
    Reason.VETOED: "{service} {subject} does not go to {env}{detail}",
    Reason.QUARANTINED: (
        "{service} {subject} is in quarantine in {env}{detail}; `towpath lift {service} -e {env}` ends it"
    ),
    Reason.DECLINED: (
        "{service} {subject} was declined for {env}{detail}; reopen it, or `towpath lift {service} -e {env}`"
    ),
    Reason.BUSY: "{env} still judges {service} {text}{latest}; {subject} comes after it",
    Reason.SOAKING: "{env} waits for {service} {subject} to soak {text}{soaked}",
    Reason.TOGETHER: "{service} {subject} goes to {env} together with other configurations{detail}",
    Reason.NO_EFFECT: "{service} {subject} changes nothing in {env}; it goes along with the next change",
    Reason.UNPINNED_IMAGE: (
        "{service} {subject} does not go to {env}{detail} has no digest; `towpath bump {service} {text}` writes one"
    ),
    Reason.MISSING_VALUE: "{service} {subject} does not go to {env}: it needs a value for {text}",
    Reason.FOREIGN_HEAD: (
        "{text} ({service} {subject} to {env}) stands at a commit that is not what the bot renders; it is left alone"
    ),
    Reason.LANDING: "{text} ({service} {subject} to {env}) was merged; waiting for the base branch to show it",
    Reason.FINDINGS: "{service} {subject} would break {env}{detail}",
    Reason.CANNOT_RENDER: "{service} {subject} cannot be rendered for {env}{detail}",
    Reason.STALE_RENDERED: (
        "the rendered files of {service} in {env} do not belong to what is written; they are rendered anew first"
    ),
    Reason.IN_FLIGHT: "{service} {subject} waits until fewer promotions into {env} are open{detail}",
    Reason.MANUAL: "{service} {subject} is ready for {env}; a person merges it there",
    Reason.NOT_LIVE: "{service} {subject} is not live in {env} yet{detail}",
    Reason.MEASURING: "{env} measures {service} {subject}{latest}{detail}",
    Reason.INCONCLUSIVE: "{env} could not tell whether {service} {subject} is good{detail}; it goes no further",
    Reason.METRICS_ERROR: "{env} cannot measure {service} {subject}{detail}",
    Reason.PREEXISTING: (
        "{service} {subject} misses its objective in {env}, as the one before it did{detail}; it goes no further"
    ),
    Reason.FAILED_IN_ROOT: (
        "{service} {subject} failed in {env}{detail}; it goes no further, and nothing is reverted where releases enter"
    ),
    Reason.EDITED: (
        "{service} {subject} fails in {env} since {text}, which changed the environment and not the release; "
        "nothing is reverted"
    ),
    Reason.NOTHING_TO_REVERT_TO: (
        "{service} {subject} failed in {env}, and no earlier release passed there that could come back"
    ),
    Reason.FORWARD_ONLY: "{service} {subject} failed in {env}, but `forwardOnly` refuses to go back from {text}",
    Reason.MAX_REVERTS: (
        "{service} {subject} failed in {env}, where {text} reverts within an hour are the limit{until}"
    ),
    Reason.REVERTED_ALREADY: "{service} {subject} failed in {env} and was reverted once already by {text}",
    Reason.ON_FAIL_HOLD: "{service} {subject} failed in {env}; `verify.onFail: hold` leaves it to people",
}


def sentence(hold: Hold, now: datetime | None = None) -> str:
    """A hold in words. With `now`, times are told as seen from then; without, the text is the same at any time."""
    words = {
        "env": hold.environment or "every environment",
        "service": hold.service or ("several services" if hold.environment else "every service"),
        "subject": hold.subject,
        "text": one_line(hold.detail),
        "detail": f": {one_line(hold.detail)}" if hold.detail else "",
        "until": f", until {_time(hold.until, now)}" if hold.until else "",
        "soaked": f" until {_time(hold.until, now)}" if hold.until else "",
        "latest": f", until {_time(hold.until, now)} at the latest" if hold.until else "",
    }
    return " ".join(_SENTENCES[hold.reason].format(**words).split())


def _time(time: datetime, now: datetime | None) -> str:
    return clock(time, now) if now else moment(time)
