"""What writing would change, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from generator.building.write import Plan
from generator.report.text import paint, plain
from generator.trees.tree import Tree

_MOST_LINES = 400


def changes_text(tree: Tree, planned: Plan, colour: bool = False) -> str:
    """A unified diff of the rendered files from how they are to how they would be, at most 400 lines of it."""
    lines = [line for path in sorted({*planned.writes, *planned.removes}) for line in _file(tree, planned, path)]
    shown = [_coloured(plain(line), colour) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(f"… {len(lines) - _MOST_LINES} more lines")
    return "\n".join(shown)


def _file(tree: Tree, planned: Plan, path: str) -> Iterator[str]:
    old, new = tree.read(path), planned.content(path)
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    return unified_diff(_lines(old), _lines(new), *names, lineterm="")


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8", "replace").splitlines()


def _coloured(line: str, colour: bool) -> str:
    if line.startswith(("+++", "---", "@@")):
        return paint(line, "place", colour)
    style = {"+": "next", "-": "error"}.get(line[:1])
    return paint(line, style, colour) if style else line
