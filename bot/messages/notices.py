"""What somebody is told, once: short enough for a chat message, with what to do next."""

from __future__ import annotations

from bot.evidence import State, Verdict
from bot.hold import Hold
from bot.messages.holds import sentence
from bot.messages.words import one_line, release_name
from bot.promotion import Move


def held(hold: Hold) -> str:
    """A hold that does not pass by waiting."""
    text = sentence(hold)
    place = f" -e {hold.environment}" if hold.environment else ""
    more = f" See `towpath why {hold.service}{place}`." if hold.service else ""
    return f"{text[:1].upper()}{text[1:]}.{more}"


def going_back(environment: str, move: Move, verdict: Verdict) -> str:
    """A release failed and the bot takes it back (Q4)."""
    failed = move.previous or move.target
    return (
        f"{move.service} {release_name(failed, move.target)} failed in {environment}"
        f"{_because(verdict)}. It goes back to {release_name(move.target, failed)}; the failed release stays out "
        f"until `towpath lift {move.service} -e {environment}`."
    )


def _because(verdict: Verdict) -> str:
    failed = [gate for gate in verdict.gates if gate.state is State.FAIL]
    if failed:
        return f" ({one_line(f'{failed[0].gate}: {failed[0].detail}')})"
    return f" ({one_line(verdict.detail)})" if verdict.detail else ""
