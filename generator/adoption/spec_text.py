"""Our own files as people write them: short maps and lists on one line, the rest below their keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.k8syaml import dump, load_all, scalar

_WIDEST: Final = 110
_UNSAFE: Final = frozenset("[]{},:#&*!|>'\"%@`?")


def spec_text(value: Mapping[str, Any]) -> str:
    """A map as YAML that reads back as that map."""
    text = "".join(f"{line}\n" for line in _lines(value, 0))
    return text if load_all(text) == [value] else dump(value)


def _lines(value: Mapping[str, Any] | list[Any], indent: int) -> Iterator[str]:
    margin = " " * indent
    for key, item in value.items() if isinstance(value, Mapping) else (("-", item) for item in value):
        start = f"{margin}- " if key == "-" and isinstance(value, list) else f"{margin}{scalar(key)}: "
        short = _on_one_line(item) if _is_nested(item) else _alone(item)
        if short is not None and (len(start) + len(short) <= _WIDEST or not _is_nested(item)):
            yield start + short
        elif isinstance(value, list) and _is_nested(item):
            first, *more = _lines(item, indent + 2)
            yield from (start + first.lstrip(), *more)
        elif _is_nested(item):
            yield start.rstrip()
            yield from _lines(item, indent + 2)
        else:
            whole = [item] if isinstance(value, list) else {key: item}
            yield from (margin + line if line else "" for line in dump(whole).splitlines())


def _alone(value: Any) -> str | None:
    """A scalar behind its key; None for a text of several lines."""
    return None if isinstance(value, str) and "\n" in value else scalar(value)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list)) and bool(value)


def _on_one_line(value: Any) -> str | None:
    """The value in flow style; None for a text of several lines in it, and for maps of many texts."""
    if isinstance(value, Mapping) and value:
        items = [(_word(key), _on_one_line(item)) for key, item in value.items()]
        return None if any(item is None for _, item in items) else "{" + ", ".join(f"{k}: {v}" for k, v in items) + "}"
    if isinstance(value, list) and value:
        words = [_on_one_line(item) for item in value]
        return None if any(word is None for word in words) else "[" + ", ".join(map(str, words)) + "]"
    if isinstance(value, str):
        return None if "\n" in value else _word(value)
    return scalar(value)


def _word(text: str) -> str:
    """A text as it can stand between brackets."""
    written = scalar(text)
    return scalar_quoted(text) if written == text and _UNSAFE & set(text) else written


def scalar_quoted(text: str) -> str:
    """A printable text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
