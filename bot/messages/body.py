"""The bot's part of a pull request's body (R9): what changes, why it may move, what happens next.

Nothing in it depends on when it is written, so it is edited only when there is something new to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.evidence import GateResult, Verdict
from bot.messages.words import duration, markdown, moment, names, release_name
from bot.promotion import Kind, Move, Prepared, Promotion
from generator.policy import Mode
from generator.policy import Promotion as Policy

BEGIN = "<!-- towpath:begin -->"
END = "<!-- towpath:end -->"
_MOST = 100  # rows and lines: a body has an end


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict of a service in an environment that a pull request rests on."""

    service: str
    environment: str
    verdict: Verdict


def body(prepared: Prepared, proofs: Sequence[Proof], policy: Policy) -> str:
    """The bot's part, with its markers."""
    promotion = prepared.promotion
    sections = [
        _headline(promotion),
        _changes(prepared.summary),
        *((_proof(proof) for proof in proofs) if len(promotion.moves) == 1 else (_moves(promotion.moves, proofs),)),
        _findings(prepared),
        _next(promotion, policy),
    ]
    return "\n\n".join([BEGIN, *(section for section in sections if section), END])


def within(existing: str, part: str) -> str:
    """The body with the bot's part replaced, or put in front; what people wrote around it is kept (R9)."""
    before, begin, rest = existing.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        return f"{before}{part}{after}"
    return f"{part}\n\n{existing.lstrip()}" if existing.strip() else part


def _headline(promotion: Promotion) -> str:
    environment, (move, *more) = f"**{promotion.environment}**", promotion.moves
    service, new = f"**{move.service}**", f"`{move.target.short}`"
    if more:
        return f"The configuration of **{names(promotion.services)}** in {environment} changes; no image does."
    if promotion.kind is Kind.REPAIR:
        return (
            f"The rendered files of {service} in {environment} do not belong to what is written. "
            f"This renders {new} anew and changes nothing else."
        )
    old = f"`{move.previous.short}`" if move.previous else "nothing"
    if promotion.kind is Kind.ROLLBACK:
        return f"{service} in {environment} goes back: {old} → {new}."
    return f"{service} in {environment}: {old} → {new}."


def _changes(summary: Sequence[str]) -> str:
    if not summary:
        return ""
    lines = [f"- {markdown(line)}" for line in summary[:_MOST]]
    return "### What changes in the cluster\n\n" + "\n".join([*lines, *_more(len(summary))])


def _more(number: int) -> list[str]:
    return [f"- and {number - _MOST} more"] if number > _MOST else []


def _moves(moves: Sequence[Move], proofs: Sequence[Proof]) -> str:
    """A row for each service: what comes, and where it has passed."""
    passed: dict[str, list[str]] = {}
    for proof in proofs:
        since = f", live since {moment(proof.verdict.live_since)}" if proof.verdict.live_since else ""
        passed.setdefault(proof.service, []).append(f"{proof.environment}: {proof.verdict.state.value.upper()}{since}")
    rows = [
        f"| {move.service} | `{move.previous.short if move.previous else 'nothing'}` | `{move.target.short}` "
        f"| {'; '.join(passed.get(move.service, []))} |"
        for move in moves[:_MOST]
    ]
    table = ["| service | now | then | measured |", "| --- | --- | --- | --- |", *rows]
    return "### What moves\n\n" + "\n".join(table) + "".join(f"\n\n{line[2:]}" for line in _more(len(moves)))


def _proof(proof: Proof) -> str:
    verdict, since = proof.verdict, proof.verdict.live_since
    live = f", live since {moment(since)}" if since else ""
    decided = f", decided for {moment(verdict.at)}" if verdict.at else ""
    head = f"### {proof.environment}: {verdict.state.value.upper()}{live}{decided}"
    if not verdict.gates:
        return f"{head}\n\n{markdown(verdict.detail) or 'No gates are defined.'}"
    table = ["| gate | verdict | bad of total | what was seen |", "| --- | --- | --- | --- |"]
    return f"{head}\n\n" + "\n".join([*table, *_rows(verdict.gates)])


def _rows(gates: Iterable[GateResult]) -> Iterable[str]:
    for gate in gates:
        counts = f"{gate.bad} of {gate.total}" if gate.total is not None else ""
        counts = counts or (f"{gate.value:g}" if gate.value is not None else "")
        yield f"| {markdown(gate.gate)} | {gate.state.value} | {counts} | {markdown(gate.detail)} |"


def _findings(prepared: Prepared) -> str:
    if not prepared.blocking:
        return ""
    lines = [f"- {markdown(f'{finding.where}: {finding.message}', 300)}" for finding in prepared.blocking[:20]]
    more = len(prepared.blocking) - len(lines)
    return "### What it would break\n\n" + "\n".join([*lines, *([f"- and {more} more"] if more else [])])


def _next(promotion: Promotion, policy: Policy) -> str:
    service, environment = promotion.services[0], promotion.environment
    return "### What happens next\n\n" + "\n".join(
        f"- {line}"
        for line in (
            _merging(promotion, policy),
            f"`towpath why {service} -e {environment}` says what it waits for now.",
            "The label `hold` keeps it open. Closing it declines it until it is reopened.",
        )
    )


def _merging(promotion: Promotion, policy: Policy) -> str:
    if promotion.kind is Kind.ROLLBACK:
        move = promotion.moves[0]
        failed = release_name(move.previous or move.target, move.target)
        return f"It is merged at once. {failed} stays out of here until somebody lifts it."
    who = "A person merges it" if policy.mode is Mode.MANUAL else "It is merged"
    if promotion.kind is Kind.PROMOTE and policy.soak:
        return f"{who} once it has run for {duration(policy.soak)} in each environment before this one."
    return f"{who} as soon as nothing holds it."
