"""Edit what people wrote: set a release, a hold or a lifted quarantine, and keep every other byte as it is.

Text in, text out. Comments, order, quotes, indentation, line ends and a missing last line break all stay; only the
characters of the edited node change. Every function raises `YamlError` or `InputError` where the file cannot be
read, and checks that its result reads as it should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any

from bot.spans import BOM, Span, read_spans
from generator.errors import InputError, Location
from generator.k8syaml import parse, scalar
from generator.policy import HoldOrder, Lift
from generator.release import Release

_Fields = Mapping[str, str | Mapping[str, str]]
_BREAK = r"(?:\r\n|\n|\r(?!\n))"


def set_release(text: str, release: Release, path: str = "") -> str:
    """The overlay with this release; a new one gets a blank line around it, so that textual reverts don't conflict."""
    fields = {"image": release.image, "images": dict(release.others) or None, "revision": release.revision}
    wanted = {key: value for key, value in fields.items() if value is not None}
    return _edited(text, path, "release", wanted, lambda bare: _with_fields(bare, path, "release", wanted))


def set_hold(text: str, hold: HoldOrder, path: str = "") -> str:
    """The overlay, environment.yaml or towpath.yaml with this hold, in place of the one it may have (Q6)."""
    fields = {"reason": hold.reason, "by": hold.by}
    if hold.until:
        fields["until"] = hold.until.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return _edited(text, path, "hold", fields, lambda bare: _with_entry(bare, path, "hold", _block("hold", fields)))


def remove_hold(text: str, path: str = "") -> str:
    """The file without its hold. Raises `InputError` when it has none."""
    return _edited(text, path, "hold", None, lambda bare: _without(bare, path, "hold"))


def add_lift(text: str, lift: Lift, path: str = "") -> str:
    """The overlay with one more entry of `lifted:` at the end of the list (Q3)."""
    fields = {"image": lift.image, "config": lift.config, "by": lift.by, "reason": lift.reason}
    entry = {key: value for key, value in fields.items() if value is not None}
    before = _value(text, path).get("lifted") or []
    return _edited(text, path, "lifted", [*before, entry], lambda bare: _with_item(bare, path, "lifted", entry))


# --- What every edit has in common


def _edited(text: str, path: str, key: str, wanted: Any, edit: Callable[[str], str]) -> str:
    """Apply an edit to the text without its byte order mark, in lines ending as the file's do."""
    mark, bare = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    before = _value(text, path)
    result = mark + edit(bare)
    after = _value(result, path)
    if after.get(key) != wanted or {**before, key: None} != {**after, key: None}:
        raise InputError(
            f"`{key}` cannot be edited without changing something else",
            where=Location(path),
            next=f"write `{key}` in block style, one field a line, without anchors",
        )
    return result


def _value(text: str, path: str) -> dict[str, Any]:
    value = parse(text, path)[0].value
    return value if isinstance(value, dict) else {}


def _with_fields(text: str, path: str, key: str, fields: _Fields) -> str:
    """The text with exactly these fields under a key, each changed where it stands."""
    node = _span(text, path, key)
    names = _names(node)
    images = fields.get("images") or {}
    if (
        node is None
        or node.pairs is None
        or node.flow
        or names - {*fields, "revision"}
        or "image" not in names
        or _names(node.get("images")) != set(images)
    ):
        return _with_entry(text, path, key, _block(key, fields))
    for name, image in images.items() if isinstance(images, Mapping) else ():
        text = _with_field(text, path, (key, "images"), name, image)
    for name in ("revision", "image"):
        value = fields.get(name)
        text = _with_field(text, path, (key,), name, value if isinstance(value, str) else None)
    return text


def _span(text: str, path: str, *keys: str) -> Span | None:
    """The node that keys lead to."""
    node = read_spans(text, path)
    for key in keys:
        node = node.get(key) if node else None
    return node


def _names(node: Span | None) -> set[str]:
    return {name.value or "" for name, _ in node.pairs} if node and node.pairs else set()


def _with_field(text: str, path: str, keys: Sequence[str], name: str, value: str | None) -> str:
    node = _span(text, path, *keys)
    if node is None or node.pairs is None:
        return text
    places = {pair[0].value: pair for pair in node.pairs}
    if name not in places:
        last = node.pairs[-1]
        line = f"{_break(text)}{' ' * last[0].column}{name}: "
        return text if value is None else _insert(text, _line_end(text, last[1].end), line + scalar(value))
    name_span, span = places[name]
    if value is None:
        return _cut_lines(text, name_span.start, span.end)
    return text[: span.start] + _quoted_alike(value, text[span.start : span.end]) + text[span.end :]


def _with_entry(text: str, path: str, key: str, lines: Sequence[str]) -> str:
    """The text with a top-level entry replaced, or added at the end."""
    root = read_spans(text, path)
    found = next(((name, value) for name, value in (root.pairs or ()) if name.value == key), None) if root else None
    block = _break(text).join(lines)
    if found is None:
        return _append(text, root, block)
    name, value = found
    return text[: name.start] + block + text[value.end :]


def _append(text: str, root: Span | None, block: str) -> str:
    newline = _break(text)
    end = _document_end(text, root)
    head, tail = text[:end], text[end:]
    if not head.strip():
        return head + block + newline + tail
    ended = head.endswith(("\n", "\r"))
    return head + newline * (1 if ended else 2) + block + (newline if ended else "") + tail


def _without(text: str, path: str, key: str) -> str:
    root = read_spans(text, path)
    found = next(((name, value) for name, value in (root.pairs or ()) if name.value == key), None) if root else None
    if found is None:
        raise InputError(f"there is no `{key}` here", where=Location(path))
    name, value = found
    ended = text.endswith(("\n", "\r"))
    start, end = name.start, _line_end(text, value.end)
    end += len(_break_at(text, end))
    before, after = text[:start], text[end:]
    if not after.strip() or after.startswith(("\n", "\r")):
        before = _drop_blank_line(before)
    rest = before + after
    return rest if ended or after else rest.removesuffix(_break(text))


def _with_item(text: str, path: str, key: str, entry: _Fields) -> str:
    root = read_spans(text, path)
    node = root.get(key) if root else None
    if node is None or not node.items:
        return _with_entry(text, path, key, [f"{key}:", *_item(entry, "  ")])
    last = node.items[-1]
    if node.flow:
        inner = ", ".join(f"{name}: {json.dumps(value)}" for name, value in entry.items())
        return _insert(text, last.end, ", {" + inner + "}")
    newline = _break(text)
    block = newline + newline.join(_item(entry, " " * node.column))
    return _insert(text, _line_end(text, last.end), block)


# --- Text


def _block(key: str, fields: _Fields) -> list[str]:
    lines = [f"{key}:"]
    for name, value in fields.items():
        if isinstance(value, str):
            lines.append(f"  {name}: {scalar(value)}")
        else:
            lines += [f"  {line}" for line in _block(name, value)]
    return lines


def _item(fields: _Fields, indent: str) -> list[str]:
    lines = [f"{name}: {scalar(value)}" for name, value in fields.items()]
    return [f"{indent}- {lines[0]}", *(f"{indent}  {line}" for line in lines[1:])]


def _quoted_alike(value: str, old: str) -> str:
    """The value in the quotes that the old one had; images and commit ids need no escapes."""
    quote = old[:1]
    if quote in ("'", '"') and not re.search(r"['\"\\]", value):
        return f"{quote}{value}{quote}"
    return scalar(value)


def _insert(text: str, at: int, what: str) -> str:
    return text[:at] + what + text[at:]


def _break(text: str) -> str:
    """The line break of this file: that of its first line."""
    found = re.search(_BREAK, text)
    return found[0] if found else "\n"


def _break_at(text: str, at: int) -> str:
    found = re.compile(_BREAK).match(text, at)
    return found[0] if found else ""


def _line_end(text: str, at: int) -> int:
    """Where the line of this character ends, before its line break: a comment behind a node stays with it."""
    found = re.compile(r"[^\r\n]*").match(text, at)
    return found.end() if found else at


def _cut_lines(text: str, start: int, end: int) -> str:
    """The text without the whole lines from one character to another; a missing last line break stays missing."""
    first = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    last = _line_end(text, end)
    if last == len(text):
        return re.sub(rf"{_BREAK}\Z", "", text[:first])
    return text[:first] + text[last + len(_break_at(text, last)) :]


def _document_end(text: str, root: Span | None) -> int:
    """Where something can be added: before the marker `...` that may end the document."""
    found = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE).search(text, root.end if root else 0)
    return found.start() if found else len(text)


def _drop_blank_line(text: str) -> str:
    return re.sub(rf"({_BREAK})[ \t]*{_BREAK}\Z", r"\1", text)
