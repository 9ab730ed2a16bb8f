"""What every forge here refuses, whoever keeps the pull requests: pure checks that raise `Refused`."""

from __future__ import annotations

from bot.forge.interface import PullRequest, PullState, Refused

_TITLE = 256
_TEXT = 65_536


def check_title(title: str) -> None:
    """A title is one line of at most 256 characters."""
    if not title.strip() or len(title) > _TITLE or len(title.splitlines()) > 1:
        raise Refused(f"{title[:60]!r} cannot be a title", next=f"write one line of at most {_TITLE} characters")


def check_text(text: str) -> None:
    """A body or comment has at most 65,536 characters, as on GitHub."""
    if len(text) > _TEXT:
        raise Refused(f"a text of {len(text)} characters is too long", next=f"keep it below {_TEXT}")


def check_open(pull: PullRequest, to: str) -> None:
    """Only what is open can be approved or merged."""
    if pull.state is not PullState.OPEN:
        raise Refused(f"#{pull.number} is {pull.state.value}: there is nothing to {to}")


def check_head(pull: PullRequest, head: str) -> None:
    """What somebody decided about one head does not hold for another."""
    if pull.head != head:
        raise Refused(
            f"#{pull.number} stands at {pull.head[:12]} now, not at {head[:12]}",
            next=f"look at it again: towpath pr show {pull.number} --diff",
        )


def check_base(pull: PullRequest, at: str | None, expected: str | None) -> str:
    """R4: what was validated on one base does not hold for another. Where the base is `at`, if that is as expected."""
    if at is None:
        raise Refused(f"there is no branch {pull.base}", next="push it first")
    if expected not in (None, at):
        raise Refused(
            f"{pull.base} moved to {at[:12]} while #{pull.number} was validated",
            next=f"validate it again: towpath pr merge {pull.number}",
        )
    return at


def check_not_merged(pull: PullRequest, to: str) -> None:
    """What was merged stays so."""
    if pull.state is PullState.MERGED:
        raise Refused(f"#{pull.number} was merged as {(pull.merged_as or '')[:12]}: it cannot be {to}")
