"""Why the bot closes a pull request of its own."""

from __future__ import annotations

from bot.hold import Hold
from bot.messages.holds import sentence
from bot.messages.words import release_name
from bot.promotion import Move, Promotion


def superseded(newer: Move) -> str:
    """Something newer has passed (P3)."""
    return f"{newer.service} {release_name(newer.target, newer.previous)} has passed and comes instead."


def taken_back(environment: str, service: str) -> str:
    """What is there failed and goes back first (Q4)."""
    return f"{service} goes back in {environment} first."


def formed_anew(environment: str) -> str:
    """Something holds a part of it and not the rest (P6)."""
    return f"Some of this is kept out of {environment} now; the rest comes in a pull request of its own."


def moved_on(environment: str, service: str) -> str:
    """It was made to come over something that is no longer there."""
    return f"{service} in {environment} is no longer what this would replace."


def held(hold: Hold) -> str:
    """A rule keeps it away now (P2, Q2)."""
    text = sentence(hold)
    return f"{text[:1].upper()}{text[1:]}."


def not_needed(environment: str) -> str:
    """Nothing asks for it any more."""
    return f"Nothing asks for this in {environment} any more."


def no_effect(promotion: Promotion) -> str:
    """The base has come to the same rendered files by itself (P6)."""
    return f"It would change nothing in {promotion.environment} any more."
