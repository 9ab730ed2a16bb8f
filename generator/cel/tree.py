"""What an expression in CEL is made of, as the library parses it.

The library hands out its tree in serialized form only: a `cel.expr.ParsedExpr` in an `Any`
(github.com/google/cel-spec, proto/cel/expr/syntax.proto; protobuf.dev/programming-guides/encoding says how it is
written). The library's own macros are unfolded in it. It refuses expressions that are more than 32 deep.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from generator.cel.macros import unfolded
from generator.cel.nodes import Call, Expr, Items, Literal, Loop, Made, Mistake, Name, NotUnderstood, Pairs, Select

if TYPE_CHECKING:
    from cel_expr_python import cel

_NO_CEL: Final = re.compile(
    r"ERROR: <input>:\d{1,6}:\d+: (?:Syntax error: (.*?)(?: expecting \{[^\n]*)?"
    r"|((?:has\(\) argument|\w+\(\) variable|reserved identifier).*))(?:\n|$)"
)
"""What the library has against texts that cel-go does not take either, without all that might have come instead."""
_DOUBLING: Final = re.compile(r"\bopt(?:Flat)?Map\b")
_MOST_DOUBLINGS: Final = 8

Message = dict[int, list[int | bytes]]
"""The values of each field of a message, by the number of the field."""


def tree(expression: str) -> Expr:
    """The tree of an expression.

    Raises a `Mistake` where it is none, and `NotUnderstood` where it is beyond the library, or that is not installed.
    """
    known = _library()
    if known is None or doubles(expression):
        raise NotUnderstood
    try:
        found = known.compile(expression, disable_check=True).serialize()
    except Exception as error:
        if wrong := _NO_CEL.search(str(error)):
            raise Mistake(f"it is no CEL: {wrong[1] or wrong[2]}") from error
        raise NotUnderstood from error
    return _expr(_message(_bytes(_message(_bytes(_message(found), 2)), 2)))


def doubles(expression: str) -> bool:
    """Whether an expression may unfold without end: `optMap` writes twice what it is called on, maybe another one."""
    return len(_DOUBLING.findall(expression)) > _MOST_DOUBLINGS


@cache
def _library() -> cel.Env | None:
    """What parses; it may be missing."""
    try:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_optional
    except ImportError:
        return None
    return cel.NewEnv(extensions=[ext_optional.ExtOptional()])


def _expr(message: Message) -> Expr:
    kind = next((number for number in message if number in _READ), None)
    if kind is None:
        raise NotUnderstood
    return _READ[kind](_message(_bytes(message, kind)))


def _literal(message: Message) -> Literal:
    (kind,) = message
    (value,) = message[kind]
    match kind, value:
        case 1, _:
            return Literal(None)
        case 2, int():
            return Literal(value != 0)
        case 3, int():
            return Literal(value - (value >> 63 << 64))
        case 4, int():
            return Literal(value, unsigned=True)
        case 5, bytes():
            return Literal(struct.unpack("<d", value)[0])
        case 6, bytes():
            return Literal(value.decode())
        case 7, bytes():
            return Literal(value)
    raise NotUnderstood


def _name(message: Message) -> Name:
    return Name(_text(message, 1))


def _select(message: Message) -> Select:
    return Select(_below(message, 1), _text(message, 2), is_test=3 in message)


def _call(message: Message) -> Expr:
    function, target = _text(message, 2), _below(message, 1) if 1 in message else None
    arguments = tuple(map(_expr, _messages(message, 3)))
    return (unfolded(function, target, arguments) if target else None) or Call(function, target, arguments)


def _items(message: Message) -> Items:
    places = [place for packed in message.get(2, ()) for place in _packed(packed)]
    return Items(tuple(map(_expr, _messages(message, 1))), frozenset(places))


def _pairs(message: Message) -> Pairs | Made:
    entries = list(_messages(message, 2))
    if 1 in message:
        return Made(_text(message, 1), tuple(_below(entry, 4) for entry in entries))
    optional = frozenset(at for at, entry in enumerate(entries) if 5 in entry)
    return Pairs(tuple((_below(entry, 3), _below(entry, 4)) for entry in entries), optional)


def _loop(message: Message) -> Loop:
    parts = (_below(message, number) for number in (2, 4, 5, 6, 7))
    over, start, condition, step, result = parts
    return Loop((_text(message, 1),), over, _text(message, 3), start, condition, step, result)


_READ: Final[Mapping[int, Callable[[Message], Expr]]] = {
    3: _literal,
    4: _name,
    5: _select,
    6: _call,
    7: _items,
    8: _pairs,
    9: _loop,
}
"""How the kinds of an Expr are read, by the number of their field."""


def _below(message: Message, number: int) -> Expr:
    return _expr(_message(_bytes(message, number)))


def _messages(message: Message, number: int) -> Iterator[Message]:
    return (_message(one) for one in message.get(number, ()) if isinstance(one, bytes))


def _text(message: Message, number: int) -> str:
    return _bytes(message, number).decode()


def _bytes(message: Message, number: int) -> bytes:
    (value,) = message.get(number, (b"",))
    if not isinstance(value, bytes):
        raise NotUnderstood
    return value


def _packed(value: int | bytes) -> Iterator[int]:
    """Numbers of a repeated field, which come one by one or together."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield number


def _message(data: bytes) -> Message:
    found: Message = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: int | bytes
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
            case 1:
                value, at = data[at : at + 8], at + 8
            case 2:
                size, at = _varint(data, at)
                value, at = data[at : at + size], at + size
            case _:
                raise NotUnderstood
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number at a place, and the place after it."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
