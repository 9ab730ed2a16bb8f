"""Values that tell when a template looks at them, and not when it only passes them on.

A template that runs with such values shows what its output depends on (`replay.py`). Texts and whole numbers
are watched; everything else about values is their shape. What passes a watched value on, and what makes a text of
it, is listed here; whatever else is done with it counts as a look, and what could look at it without being seen ends
the run (`UnseenError`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import BuiltinMethodType
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import Undefined
from jinja2.utils import Namespace

from generator.k8syaml import scalar
from generator.rendering.nodes import Piece, Site, hole, kept
from generator.rendering.sandbox import Compiled, Sandbox, numbers
from generator.rendering.steps import like_filter

if TYPE_CHECKING:
    from jinja2.runtime import Context

Make = Callable[[Sequence[Any]], Any]
"""Makes a value out of the leaves of a context."""

_PASSING_FILTERS: Final = frozenset("count d default first items last length list merge required without".split())
"""Filters that do nothing with a watched value itself, or nothing that the value does not see."""

_PASSING_TESTS: Final = frozenset("boolean defined false integer mapping none number string true undefined".split())
"""Tests of what is the same for all values of a shape."""

_TEXTS: Final = frozenset({"checksum", "string"})
"""Filters that make one line of text, and do not fail, whatever the value."""


class UnseenError(Exception):
    """Somebody may look at a watched value without being seen."""


class Watched:
    """A text that is not empty, or a number that is not zero, made out of the leaves of a context.

    `plain` is the value itself, `leaves` the numbers of the leaves that it is made of by `make`; they are added to
    `log` when somebody looks at it.
    """

    plain: Any
    make: Make
    leaves: frozenset[int]
    log: set[int]

    def __bool__(self) -> bool:
        return True


class _Text(Watched, str):
    pass


class _Whole(Watched, int):
    pass


def watched(plain: str | int, make: Make, leaves: Iterable[int], log: set[int]) -> Any:
    """A value that is watched."""
    made: _Text | _Whole = _Text(plain) if isinstance(plain, str) else _Whole(plain)
    made.plain, made.make, made.leaves, made.log = plain, make, frozenset(leaves), log
    return made


def look(value: Any) -> Any:
    """The value without watched ones in it, which are looked at. Raises `UnseenError` for what has no plain value."""
    kind = type(value)
    if kind in _WATCHED:
        value.log.update(value.leaves)
        return value.plain
    if kind in _PLAIN:
        return value
    if kind is dict:
        return {look(key): look(item) for key, item in value.items()}
    if kind is tuple:
        return tuple([look(item) for item in value])
    if kind in _MANY:
        return [look(item) for item in value]
    if issubclass(kind, Undefined):
        return value
    raise UnseenError(kind.__name__)


_WATCHED: Final = (_Text, _Whole)
_PLAIN: Final = frozenset({str, int, float, bool, type(None), range})
_EMPTY: Final[dict[str, Any]] = {}
_MANY: Final = frozenset(map(type, ([], _EMPTY.items(), _EMPTY.keys(), _EMPTY.values())))


def _looking(name: str) -> Callable[..., Any]:
    """The method of this name, of the plain value."""

    def looked(self: Any, *others: Any) -> Any:
        return getattr(look(self), name)(*[look(other) for other in others])

    return looked


_OWN: Final = frozenset(
    "__class__ __new__ __init__ __init_subclass__ __subclasshook__ __getattribute__ __setattr__ __delattr__ __doc__"
    " __dir__ __getstate__ __reduce__ __reduce_ex__ __getnewargs__ __sizeof__ __bool__".split()
)
for _kind, _of in ((_Text, str), (_Whole, int)):
    for _name in set(dir(_of)) - _OWN:
        if callable(getattr(_of, _name)):
            setattr(_kind, _name, _looking(_name))


class NamedAfter(dict[str, Any]):
    """A map with a key that is a watched text: whoever asks for anything but its being there looks at that."""

    def __init__(self, items: Mapping[str, Any], name: Watched) -> None:
        super().__init__(items)
        self.name = name


def _named(method: str) -> Callable[..., Any]:
    def looked(self: NamedAfter, *others: Any) -> Any:
        look(self.name)
        return getattr(dict, method)(self, *[look(other) for other in others])

    return looked


for _name in set(dir(dict)) - _OWN:
    if callable(getattr(dict, _name)):
        setattr(NamedAfter, _name, _named(_name))


def making(value: Any) -> Make | None:
    """How a value is made that has watched ones in it; None where there are none. Raises `UnseenError`."""
    kind = type(value)
    if kind in _WATCHED:
        made: Make = value.make
        return made
    if kind is dict:
        return _making(value, value.items())
    if kind is list:
        return _making(value, enumerate(value))
    look(value)
    return None


def _making(value: Any, items: Iterable[tuple[Any, Any]]) -> Make | None:
    inner = [(key, make) for key, item in items if (make := making(item))]
    if not inner:
        return None
    constant = _unwatched(value)

    def make_all(leaves: Sequence[Any]) -> Any:
        made = constant.copy()
        for key, make in inner:
            made[key] = make(leaves)
        return made

    return make_all


def _unwatched(value: Any) -> Any:
    """The value without watched ones in it, which nobody has looked at."""
    kind = type(value)
    if kind in _WATCHED:
        return value.plain
    if kind is dict:
        return {key: _unwatched(item) for key, item in value.items()}
    return [_unwatched(item) for item in value] if kind is list else value


def _leaves(value: Any) -> frozenset[int]:
    """The leaves that a value is made of."""
    kind = type(value)
    if kind in _WATCHED:
        leaves: frozenset[int] = value.leaves
        return leaves
    inside = value.values() if kind is dict else value if kind is list else ()
    return frozenset[int]().union(*map(_leaves, inside))


class Written(Piece):
    """What a hole writes; `again` writes it out of these leaves, and is None for what is always the same."""

    __slots__ = ("again", "leaves")

    leaves: tuple[int, ...]
    again: Callable[[Sequence[Any]], Piece] | None


def _watched_hole(site: Site) -> Callable[[Any], Written]:
    write = hole(site)
    blanks: dict[str, dict[Any, Piece]] = {}

    def written(value: Any) -> Written:
        piece, make = Written(), making(value)
        piece.leaves = tuple(_leaves(value))
        if make is None:
            piece.again = None
        else:
            piece.again = _blank(site, value, make, blanks) or (lambda leaves: write(make(leaves)))
        return piece

    return written


_BLANK: Final = re.compile(r"(blank\.[0-9]+\.blank)")
"""Stands for a watched value inside of a map or list where that is written with others."""


def _blank(
    site: Site, value: Any, make: Make, blanks: dict[str, dict[Any, Piece]]
) -> Callable[[Sequence[Any]], Piece] | None:
    """What writes a map or list of which only scalars change; None for another value.

    `blanks` is what the hole has written already: several files include it for maps that are alike.
    """
    makes: list[Make] = []
    blank = None if type(value) in _WATCHED else _blanked(value, makes)
    piece = site.piece(blank)
    texts = _BLANK.split(piece)
    if not makes or len(texts) != 2 * len(makes) + 1 or repr(piece.value) != repr(blank):
        return None
    known = blanks.setdefault(repr(blank), {})

    def again(leaves: Sequence[Any]) -> Piece:
        scalars = tuple([make_one(leaves) for make_one in makes])
        return known.get(scalars) or kept(known, scalars, written(scalars, leaves))

    def written(scalars: Sequence[Any], leaves: Sequence[Any]) -> Piece:
        if any(isinstance(one, str) and "\n" in one for one in scalars):  # it may take lines of its own
            return site.piece(make(leaves))
        parts = texts.copy()
        parts[1::2] = map(scalar, scalars)
        return piece.saying("".join(parts), make(leaves))

    return again


def _blanked(value: Any, makes: list[Make]) -> Any:
    """The value with a word in place of each watched one in it, in the order in which they are written."""
    kind = type(value)
    if kind in _WATCHED:
        makes.append(value.make)
        return f"blank.{len(makes)}.blank"
    if kind is dict:
        return {key: _blanked(item, makes) for key, item in value.items()}
    return [_blanked(item, makes) for item in value] if kind is list else value


class _Searched(str):
    """A text that is searched."""

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return str.__contains__(self, look(part))


class Watching(Sandbox):
    """The sandbox, for values that are watched. What templates write in it is `Written`."""

    def __init__(self, texts: Mapping[str, str], compiled: Compiled) -> None:
        super().__init__(texts, compiled)
        self.log = set[int]()
        self.weighed, self.searched, self.joined = look, _searched, self._joined
        self.hole = _watched_hole
        for name, function in cast("Mapping[str, Callable[..., Any]]", self.filters).items():
            if name in _TEXTS:
                self.filters[name] = self._text(function)
            elif name not in _PASSING_FILTERS:
                self.filters[name] = _looked(function)
        for name, function in cast("Mapping[str, Callable[..., Any]]", self.tests).items():
            if name not in _PASSING_TESTS:
                self.tests[name] = _looked(function)

    def buffered(self) -> None:
        """The pieces become a text that knows nothing."""
        raise UnseenError("a buffer")

    def join_path(self, template: str, parent: str) -> str:
        """The name of a template that is included."""
        name: str = look(template)
        return name

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`a.b`: of a watched value, some method."""
        return super().getattr(look(obj) if type(obj) in _WATCHED else obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`a[b]`."""
        return super().getitem(look(obj) if type(obj) in _WATCHED else obj, look(argument))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja
        """Methods of maps pass on what is in them, and so does a scope."""
        if isinstance(__obj, BuiltinMethodType) and type(__obj.__self__) is dict:
            args = (*map(look, args[:1]), *args[1:])
        elif isinstance(__obj, BuiltinMethodType) or __obj is numbers:
            args = tuple(map(look, args))
        elif __obj is not Namespace:
            raise UnseenError(str(type(__obj)))
        return super().call(__context, __obj, *args, **kwargs)

    def _joined(self, parts: Iterable[Any]) -> str:
        many = list(parts)
        makes = [making(part) for part in many]
        text = "".join([str(_unwatched(part)) for part in many])
        if not any(makes):
            return text

        def make(leaves: Sequence[Any]) -> str:
            return "".join(
                [str(part if make is None else make(leaves)) for part, make in zip(many, makes, strict=True)]
            )

        made: str = watched(text, make, _leaves(many), self.log)
        return made

    def _text(self, function: Callable[[Any], str]) -> Callable[[Any], str]:
        def filtered(value: Any) -> str:
            make = making(value)
            text = function(_unwatched(value))
            if make is None:
                return text
            made: str = watched(text, lambda leaves: function(make(leaves)), _leaves(value), self.log)
            return made

        return filtered


def _searched(value: Any) -> Any:
    """What `in` looks into: a map or list asks each watched value in it, or what is sought, whether it is that."""
    if isinstance(value, str):
        return _Searched(look(value))
    return value


def _looked(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test that looks at all of a value."""
    first = int(hasattr(function, "jinja_pass_arg"))

    def looked(*arguments: Any, **named: Any) -> Any:
        seen = [look(argument) for argument in arguments[first:]]
        return function(*arguments[:first], *seen, **{name: look(value) for name, value in named.items()})

    return like_filter(function, looked)
