"""The titles and commit messages of promotions (R11)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages.words import one_line, release_name
from bot.promotion import Kind, Promotion
from bot.trailers import promotion_trailers, with_trailers


def title(promotion: Promotion) -> str:
    """The title of a pull request and the subject of its commit."""
    service, environment = promotion.service, promotion.environment
    target, previous = promotion.target, promotion.previous
    name = release_name(target)
    if promotion.kind is Kind.REPAIR:
        return f"Render {service} in {environment} anew"
    same_image = previous is not None and previous.images == target.images
    what = f"the configuration of {service}" if same_image else service
    if promotion.kind is Kind.ROLLBACK:
        return f"Revert {what} in {environment}" + ("" if same_image else f" to {name}")
    return f"Promote {what} {name} to {environment}"


def commit_message(promotion: Promotion) -> str:
    """The message of the head commit that the bot makes."""
    return _message(title(promotion), promotion, (), None)


def merge_message(promotion: Promotion, number: int, summary: Sequence[str], evidence: str | None) -> str:
    """The message of the commit that lands: what changes in the cluster, and the trailers.

    `evidence` is the blob id of the ledger's record that it rests on.
    """
    return _message(f"{title(promotion)} (#{number})", promotion, summary, evidence)


def _message(subject: str, promotion: Promotion, summary: Sequence[str], evidence: str | None) -> str:
    paragraphs = [subject, _why(promotion), "\n".join(f"- {one_line(line)}" for line in summary)]
    body = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return with_trailers(body, promotion_trailers(promotion, evidence))


def _why(promotion: Promotion) -> str:
    if promotion.kind is Kind.REPAIR:
        return "The rendered files did not belong to what is written in the overlay and the environment."
    if promotion.kind is Kind.ROLLBACK and promotion.reverts and promotion.previous:
        failed = release_name(promotion.previous, promotion.target)
        return (
            f"This reverts commit {promotion.reverts}: {promotion.service} {failed} failed in {promotion.environment}."
        )
    return ""
