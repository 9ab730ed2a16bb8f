"""Trailers of the bot's commit messages (R11). They annotate for people; nothing is ever decided from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.promotion import Promotion
from generator.errors import InputError

MOVE = "Towpath-Move"
EVIDENCE = "Towpath-Evidence"
REVERTS = "Towpath-Reverts"
PULL = "Towpath-Pull"

_LINE = re.compile(r"(?P<key>[A-Za-z0-9][A-Za-z0-9-]*): (?P<value>.*)")
# Whatever some program takes for the end of a line could start a trailer of its own.
_BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029\0]")


@dataclass(frozen=True, slots=True)
class Trailer:
    """One `Key: value` line at the end of a message. Raises `InputError` for a key or value that is no such line."""

    key: str
    value: str

    def __post_init__(self) -> None:
        line = f"{self.key}: {self.value}"
        found = _LINE.fullmatch(line)
        if not found or found["key"] != self.key or _BREAKS.search(line) or self.value != self.value.strip():
            raise InputError(f"{line!r} cannot be one line of a commit message", next="write it without line breaks")
        if not self.value:
            raise InputError(f"the trailer {self.key} has no value")

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


def promotion_trailers(promotion: Promotion, evidence: Mapping[str, str]) -> tuple[Trailer, ...]:
    """The trailers of a promotion; `evidence` gives the blob id of the ledger record that each service rests on."""
    trailers = []
    for move in promotion.moves:
        before = move.previous.to12 if move.previous else "none"
        trailers.append(Trailer(MOVE, f"{promotion.environment}/{move.service} {before} {move.target.to12}"))
        if move.service in evidence:
            trailers.append(Trailer(EVIDENCE, evidence[move.service]))
        if move.reverts:
            trailers.append(Trailer(REVERTS, move.reverts))
    return tuple(trailers)


def with_trailers(message: str, trailers: Iterable[Trailer]) -> str:
    """The message with these trailers at its end, joined to those it has."""
    body, lines = message.strip(), [str(trailer) for trailer in trailers]
    if not lines:
        return body + "\n"
    return body + ("\n" if parse_trailers(body) else "\n\n") + "\n".join(lines) + "\n"


def parse_trailers(message: str) -> tuple[Trailer, ...]:
    """The trailers of a message: its last paragraph, where every line of it is one and it is not the subject."""
    paragraphs = re.split(r"\n[ \t]*\n", message.strip("\n"))
    found = [_parse_line(line) for line in paragraphs[-1].split("\n")]
    if len(paragraphs) < 2 or None in found:
        return ()
    return tuple(trailer for trailer in found if trailer)


def _parse_line(line: str) -> Trailer | None:
    found = _LINE.fullmatch(line)
    try:
        return Trailer(found["key"], found["value"].strip()) if found else None
    except InputError:
        return None
