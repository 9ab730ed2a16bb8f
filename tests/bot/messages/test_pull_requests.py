"""What people read in a pull request, a commit and a notice; `pytest --update-golden` writes the golden files anew."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.evidence import GateResult, State, Verdict
from bot.forge.interface import StatusState
from bot.history import ArrivalKey
from bot.hold import Hold, Reason
from bot.messages import closing, notices, statuses
from bot.messages.body import BEGIN, END, Proof, body, within
from bot.messages.commit import commit_message, merge_message, title
from bot.messages.words import clock, duration, markdown, one_line, release_name
from bot.promotion import Kind, Move, Prepared, Promotion
from bot.trailers import parse_trailers
from generator.finding import Finding
from generator.policy import Mode
from generator.policy import Promotion as Policy
from generator.release import Release
from tests.bot.decide.build import NOW, A, B, commit, finding, release

GOLDEN = Path(__file__).parents[2] / "golden" / "messages"
OVER = commit("over")


def promotion(kind: Kind = Kind.PROMOTE, target=B, previous=A) -> Promotion:
    reverts = OVER if kind is Kind.ROLLBACK else None
    move = Move("web", target, Release(target.image, commit("pin")), OVER, previous, reverts)
    return Promotion(kind, "staging", (move,))


def together(number: int) -> Promotion:
    """A new configuration of so many services."""
    new = release("v2", "c2")
    moves = (Move(f"s{i}", new, Release(new.image, commit("pin")), OVER, B) for i in range(number))
    return Promotion(Kind.PROMOTE, "staging", tuple(moves))


def verdict(environment: str, state: State) -> Verdict:
    gates = (
        GateResult("grpc-errors", state, "3.1 % of requests fail, 0.5 % are allowed", bad=31, total=1000),
        GateResult("latency", State.PASS, "below 0.3 | since 13:40", value=0.123456),
        GateResult("smoke", State.PASS, "ask @ana <b>why</b>"),
    )
    key = ArrivalKey(environment, "web", B.digest, OVER)
    return Verdict(key, state, NOW, NOW - timedelta(minutes=25), gates)


def prepared(of: Promotion, *blocking: Finding) -> Prepared:
    summary = ("web: image v1 → v2", "web: replicas 2 → 3")
    return Prepared(of, OVER, commit("head"), "inputs", tuple(blocking), summary=summary)


BODIES = {
    "promote": body(
        prepared(promotion()),
        [Proof("web", "test", verdict("test", State.PASS))],
        Policy(soak=timedelta(minutes=30)),
    ),
    "first": body(
        prepared(promotion(previous=None), finding("`no` such port\n# not a heading")),
        [Proof("web", "test", replace(verdict("test", State.PASS), gates=(), detail="no gates: live is enough"))],
        Policy(mode=Mode.MANUAL),
    ),
    "rollback": body(
        prepared(promotion(Kind.ROLLBACK, A, B)), [Proof("web", "staging", verdict("staging", State.FAIL))], Policy()
    ),
    "together": body(
        prepared(together(2), finding()),
        [Proof(service, "test", verdict("test", State.PASS)) for service in ("s0", "s1")],
        Policy(soak=timedelta(minutes=30)),
    ),
    "repair": body(prepared(promotion(Kind.REPAIR, A, A)), [], Policy()),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_bodies_are_those_that_were_agreed_on(name, update_golden):
    golden = GOLDEN / f"{name}.md"
    if update_golden:
        golden.write_text(BODIES[name] + "\n")
    assert BODIES[name] + "\n" == golden.read_text()


def test_titles_say_what_moves():
    config = release("v2", "c2")
    assert [
        title(promotion()),
        title(promotion(target=config, previous=B)),
        title(promotion(Kind.ROLLBACK, A, B)),
        title(promotion(Kind.ROLLBACK, B, config)),
        title(promotion(Kind.REPAIR, A, A)),
        title(together(3)),
        title(together(4)),
    ] == [
        "Promote web v2 to staging",
        "Promote the configuration of web v2 to staging",
        "Revert web in staging to v1",
        "Revert the configuration of web in staging",
        "Render web in staging anew",
        "Promote the configuration of s0, s1 and s2 to staging",
        "Promote the configuration of 4 services to staging",
    ]


def test_a_body_has_an_end_however_many_services_move():
    moving = together(1000)
    proofs = [Proof(service, "test", verdict("test", State.PASS)) for service in moving.services]
    text = body(replace(prepared(moving), summary=tuple(f"s{i}: {'x' * 300}" for i in range(1000))), proofs, Policy())
    assert "and 900 more" in text and len(text) < 60_000


def test_a_rollbacks_message_names_what_it_reverts():
    message = merge_message(promotion(Kind.ROLLBACK, A, B), 7, ("web: image v2 → v1",), {"web": "e" * 40})
    assert message == (
        "Revert web in staging to v1 (#7)\n\n"
        f"This reverts commit {OVER}: web v2 failed in staging.\n\n"
        "- web: image v2 → v1\n\n"
        f"Towpath-Move: staging/web {B.to12} {A.to12}\n"
        f"Towpath-Evidence: {'e' * 40}\n"
        f"Towpath-Reverts: {OVER}\n"
    )


def test_text_from_outside_cannot_add_a_trailer():
    message = merge_message(promotion(), 7, ("x\n\nTowpath-Reverts: " + "f" * 40,), {})
    assert [trailer.key for trailer in parse_trailers(message)] == ["Towpath-Move"]


def test_the_head_commit_says_the_same_without_evidence():
    message = commit_message(promotion())
    assert message == f"Promote web v2 to staging\n\nTowpath-Move: staging/web {A.to12} {B.to12}\n"


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        ("", f"{BEGIN}new{END}"),
        (f"{BEGIN}old{END}", f"{BEGIN}new{END}"),
        (f"before\n{BEGIN}old{END}\nafter", f"before\n{BEGIN}new{END}\nafter"),
        ("only people wrote here", f"{BEGIN}new{END}\n\nonly people wrote here"),
        (f"{BEGIN} the end was cut off", f"{BEGIN}new{END}\n\n{BEGIN} the end was cut off"),
    ],
)
def test_the_bots_part_is_replaced_and_the_rest_kept(existing, expected):
    assert within(existing, f"{BEGIN}new{END}") == expected
    assert within(expected, f"{BEGIN}new{END}") == expected


def test_a_status_is_a_failure_only_where_somebody_must_act():
    soaking = Hold(Reason.SOAKING, "staging", "web", "v2", NOW, "in test")
    broken = Hold(Reason.FINDINGS, "staging", "web", "v2", None, "x" * 300)
    assert statuses.waiting([soaking]).state is StatusState.PENDING
    status = statuses.waiting([soaking, broken])
    assert status.state is StatusState.FAILURE and len(status.description) == 140
    assert statuses.ready().state is StatusState.SUCCESS


def test_notices_say_what_to_do_next():
    hold = Hold(Reason.INCONCLUSIVE, "staging", "web", "v2", None, "3 of 40 requests")
    assert notices.held(hold) == (
        "Staging could not tell whether web v2 is good: 3 of 40 requests; it goes no further. "
        "See `towpath why web -e staging`."
    )
    assert notices.going_back("staging", promotion(Kind.ROLLBACK, A, B).moves[0], verdict("staging", State.FAIL)) == (
        "web v2 failed in staging (grpc-errors: 3.1 % of requests fail, 0.5 % are allowed). It goes back to v1; "
        "the failed release stays out until `towpath lift web -e staging`."
    )


def test_a_closed_pull_request_says_why():
    hold = Hold(Reason.VETOED, "staging", "web", "v2", None, "it failed in test")
    assert [
        closing.superseded(promotion().moves[0]),
        closing.taken_back("staging", "web"),
        closing.moved_on("staging", "web"),
        closing.held(hold),
        closing.no_effect(promotion()),
        closing.not_needed("staging"),
    ] == [
        "web v2 has passed and comes instead.",
        "web goes back in staging first.",
        "web in staging is no longer what this would replace.",
        "Web v2 does not go to staging: it failed in test.",
        "It would change nothing in staging any more.",
        "Nothing asks for this in staging any more.",
    ]


def test_releases_of_one_tag_are_told_apart():
    assert release_name(B, A) == "v2"
    assert release_name(release("v2", "c2"), B) == release("v2", "c2").short


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45, "45 s"), (61, "2 min"), (720, "12 min"), (5400, "1 h 30 min"), (183600, "2 d 3 h"), (-5, "0 s")],
)
def test_durations_in_two_units(seconds, text):
    assert duration(timedelta(seconds=seconds)) == text


def test_a_time_that_is_past_has_no_countdown():
    assert clock(NOW - timedelta(minutes=1), NOW) == "13:59 UTC"


def test_foreign_text_is_literal():
    assert one_line("a\r\n\u2028b\x1b[0m") == "a b [0m"
    assert markdown("| @ana [x](y) `z` <script>") == "\\| @\u200bana \\[x\\](y) \\`z\\` \\<script\\>"
