"""The titles and commit messages of promotions (R11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.messages.words import names, one_line, release_name
from bot.promotion import Kind, Promotion
from bot.trailers import promotion_trailers, with_trailers


def title(promotion: Promotion) -> str:
    """The title of a pull request and the subject of its commit."""
    environment, (move, *more) = promotion.environment, promotion.moves
    name = release_name(move.target)
    if promotion.kind is Kind.REPAIR:
        return f"Render {move.service} in {environment} anew"
    what = f"the configuration of {names(promotion.services)}" if move.same_images else move.service
    if promotion.kind is Kind.ROLLBACK:
        return f"Revert {what} in {environment}" + ("" if move.same_images else f" to {name}")
    return f"Promote {what} to {environment}" if more else f"Promote {what} {name} to {environment}"


def commit_message(promotion: Promotion) -> str:
    """The message of the head commit that the bot makes."""
    return _message(title(promotion), promotion, (), {})


def merge_message(promotion: Promotion, number: int, summary: Sequence[str], evidence: Mapping[str, str]) -> str:
    """The message of the commit that lands: what changes in the cluster, and the trailers.

    `evidence` gives the blob id of the ledger's record that each service rests on.
    """
    return _message(f"{title(promotion)} (#{number})", promotion, summary, evidence)


def _message(subject: str, promotion: Promotion, summary: Sequence[str], evidence: Mapping[str, str]) -> str:
    paragraphs = [subject, _why(promotion), "\n".join(f"- {one_line(line)}" for line in summary)]
    body = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return with_trailers(body, promotion_trailers(promotion, evidence))


def _why(promotion: Promotion) -> str:
    if promotion.kind is Kind.REPAIR:
        return "The rendered files did not belong to what is written in the overlay and the environment."
    environment, move = promotion.environment, promotion.moves[0]
    if promotion.kind is Kind.ROLLBACK and move.reverts and move.previous:
        failed = release_name(move.previous, move.target)
        return f"This reverts commit {move.reverts}: {move.service} {failed} failed in {environment}."
    return ""
