"""Titles, bodies and commit messages of the pull requests that people open with `towpath bump`, `hold` and others."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages.words import markdown, moment, one_line
from generator.finding import Finding
from generator.policy import HoldOrder
from generator.release import ImageReference


def bump_title(service: str, image: ImageReference, environments: Sequence[str]) -> str:
    """`Bump web to 1.4.2 in test`."""
    return f"Bump {service} to {image.short} in {' and '.join(environments)}"


def hold_title(subject: str) -> str:
    """`Hold web in prod`."""
    return f"Hold {subject}"


def hold_why(hold: HoldOrder) -> str:
    """Why nothing moves, and until when."""
    until = f", until {moment(hold.until)}" if hold.until else ""
    return f"{hold.reason} ({hold.by}{until})"


def unhold_title(subject: str) -> str:
    """`End the hold of web in prod`."""
    return f"End the hold of {subject}"


def lift_title(service: str, environment: str, name: str) -> str:
    """`Let web 1.4.2 into prod again`."""
    return f"Let {service} {name} into {environment} again"


def remove_title(service: str, environment: str) -> str:
    """`Remove web from staging`."""
    return f"Remove {service} from {environment}"


def subject(service: str | None, environment: str | None) -> str:
    """What a hold is about, in words."""
    if service is None:
        return environment or "everything"
    return f"{service} in {environment}" if environment else f"{service} everywhere"


def proposal_body(why: str, summary: Sequence[str], findings: Sequence[Finding]) -> str:
    """The body: the reason, what changes in the cluster, and what it would break."""
    sections = [markdown(why, 2000)] if why else []
    changes = [f"- {markdown(line)}" for line in summary] or ["Nothing changes in the cluster."]
    sections.append("\n".join(["### What changes in the cluster", "", *changes[:100]]))
    if findings:
        lines = [f"- {markdown(f'{finding.where}: {finding.message}', 300)}" for finding in findings[:20]]
        sections.append("\n".join(["### What it would break", "", *lines]))
    return "\n\n".join(sections)


def proposal_message(title: str, why: str, summary: Sequence[str]) -> str:
    """The message of the commit."""
    paragraphs = [title, one_line(why, 2000), "\n".join(f"- {one_line(line)}" for line in summary[:100])]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
