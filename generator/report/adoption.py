"""What `towpath import` found and made, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from generator.adoption.adopt import Adoption
from generator.adoption.service_files import Adopted
from generator.report.json import findings_json
from generator.report.text import count, findings_text, paint, plain

_MOST = 20
_MOST_IN_A_SENTENCE = 6


def adoption_text(adoption: Adoption, colour: bool = False) -> str:
    """The services as a table, what has no place in a template, what was left out, and the proof."""
    lines = [*_table(adoption), *_exceptions(adoption), *_left_out(adoption, colour), *_differences(adoption, colour)]
    return "\n".join([*lines, "", _verdict(adoption)])


def _table(adoption: Adoption) -> Iterator[str]:
    rows = [("SERVICE", "TEMPLATE", "LINES", "ENVIRONMENTS")]
    rows += [
        (one.service, one.template or "-", str(one.lines) if one.template else "-", ", ".join(one.environments))
        for one in adoption.services
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()


def _exceptions(adoption: Adoption) -> Iterator[str]:
    told = [line for one in adoption.services for line in _told(one)]
    if told:
        yield ""
        yield from told


def _told(one: Adopted) -> Iterator[str]:
    if one.patched:
        yield f"{one.service}: no value says all of {_some(one.patched)}: the rest is in `patches:`"
    if one.plain:
        why = "no template renders" if one.template else "no template fits"
        yield f"{one.service}: {why} {_some(one.plain)}: plain in {one.service}/manifests"
    yield from (f"{one.service}: {plain(note)}" for note in one.notes)


def _some(objects: tuple[str, ...]) -> str:
    """Objects in a sentence: all of few, the first of many."""
    many = len(objects) > _MOST_IN_A_SENTENCE
    shown = [plain(one) for one in (objects[: _MOST_IN_A_SENTENCE - 1] if many else objects)]
    return ", ".join(shown) + (f" and {len(objects) - len(shown)} more" if many else "")


def _left_out(adoption: Adoption, colour: bool) -> Iterator[str]:
    if adoption.left_out:
        yield ""
        yield f"left out: {count(len(adoption.left_out), 'object')}"
    ordered = sorted(adoption.left_out, key=lambda one: one.why)
    for why, same in groupby(ordered, key=lambda one: one.why):
        found = list(same)
        yield f"  {plain(why)}"
        for one in found[:_MOST]:
            yield f"    {plain(one.object)} ({paint(plain(str(one.where)), 'place', colour)})"
        if len(found) > _MOST:
            yield f"    and {len(found) - _MOST} more"


def _differences(adoption: Adoption, colour: bool) -> Iterator[str]:
    if adoption.findings:
        yield ""
        yield findings_text(adoption.findings, colour)
    if adoption.differences:
        yield ""
        yield "what is rendered is not what was:"
    for one in adoption.differences:
        yield f"  {one.environment}/{one.service}: {plain(one.subject)}: {plain(one.text)}"


def _verdict(adoption: Adoption) -> str:
    objects = sum(len(manifest.objects) for build in adoption.builds for manifest in build.manifests)
    whole = sum(1 for one in adoption.services if one.template and not one.patched)
    patched = sum(1 for one in adoption.services if one.template and one.patched)
    bare = len(adoption.services) - whole - patched
    shares = f"{whole} by a template, {patched} by a template and patches, {bare} as plain manifests"
    return (
        f"{count(len(adoption.services), 'service')}: {shares}\n{count(objects, 'object')} rendered and compared with"
        f" what was: {count(len(adoption.differences) + len(adoption.findings), 'difference')}"
    )


def next_text(adoption: Adoption, written: bool, dry_run: bool, colour: bool = False) -> str:
    """What to do next."""
    if not adoption.services:
        return "nothing to import: there is no object that belongs to a service"
    if not written and not dry_run:
        head = paint("nothing was written", "error", colour)
        return (
            f"{head}: mend the manifests, leave services out with --service, or write it all the same with --unproven"
        )
    files = count(len(adoption.files), "file")
    if dry_run:
        return f"nothing was written, because of --dry-run; otherwise {files}, and what they render"
    read = "".join(f"  correct environments/{one}/environment.yaml\n" for one in adoption.created)
    return f"wrote {files}, and what they render\n\nnext:\n{read}  towpath validate\n  git add --all && git commit"


def adoption_json(adoption: Adoption) -> dict[str, Any]:
    """The same for programs."""
    return {
        "proven": adoption.is_proven,
        "environmentsCreated": adoption.created,
        "services": [
            {
                "service": one.service,
                "template": one.template,
                "environments": one.environments,
                "lines": one.lines,
                "patched": one.patched,
                "manifests": one.plain,
                "notes": one.notes,
            }
            for one in adoption.services
        ],
        "leftOut": [
            {"environment": one.environment, "object": one.object, "where": str(one.where), "why": one.why}
            for one in adoption.left_out
        ],
        "differences": [
            {"environment": one.environment, "service": one.service, "object": one.subject, "text": one.text}
            for one in adoption.differences
        ],
        "findings": findings_json(adoption.findings),
    }
