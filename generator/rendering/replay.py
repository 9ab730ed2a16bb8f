"""What a template writes, written again for another service without running it.

Services of one template differ mostly in texts and numbers that it only passes on. A run with values that tell who
looks at them (`watching.py`) is remembered as a course: pieces of text, how the values between them are made,
and what was looked at. Whoever has values of the same shape, and the same ones where that run looked, gets the same
pieces with own values in them. A course is kept only if it gives what the run itself has written, and a property test
holds random templates and values against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from operator import itemgetter
from typing import Any, Final, cast

from jinja2.exceptions import SecurityError

from generator.errors import InputError
from generator.own_files.templates import ManifestFile, Template
from generator.rendering.filters import MIRRORS
from generator.rendering.nodes import Piece, kept
from generator.rendering.sandbox import MAX_PIECES, Engine
from generator.rendering.skeleton import Draft, Form, Redraft
from generator.rendering.steps import CHARACTERS, MAX_STEPS, Steps
from generator.rendering.watching import NamedAfter, Watching, Written, watched

Run = tuple[ManifestFile, Draft]
"""A file of a template, and what it writes."""

_WORTH: Final = 3
"""Services of a shape that are run before a run is watched, which takes longer."""

_TRIES: Final = 8
"""Runs of a shape that are watched: if each looked at something else, so will the next."""

_SHAPES: Final = 256

_MARGIN: Final = 2
"""A run that is remembered uses half of each limit at most: the values of others are not much longer."""

_LARGEST: Final = 2**53


def run(template: Template, engine: Engine, context: Mapping[str, Any]) -> Iterator[Run]:
    """What the files of a template write in a context; those whose condition is false, nothing. Raises `InputError`."""
    for file in template.files:
        where = partial(template.when_location, file.name)
        if file.when is None or engine.holds(file.when, context, where):
            yield file, Draft(engine.pieces(f"{file.owner_template}/{file.name}", context))


class Replay:
    """Runs the files of a template for many services."""

    def __init__(self, template: Template, engine: Engine) -> None:
        self._template = template
        self._engine = engine
        self._defaults = template.lowest
        self._shapes: dict[tuple[Any, ...], _Shape] = {}

    def runs(self, context: Mapping[str, Any]) -> Iterator[Run]:
        """What `run` gives."""
        try:
            key, leaves = _flat(context, self._defaults)
        except _OtherError:
            return run(self._template, self._engine, context)
        shape = self._shape(key)
        if course := shape.course(leaves):
            with suppress(InputError, TypeError, SecurityError):  # what cannot be written is for a run to tell
                return iter(list(course.of(leaves)))
        shape.runs += 1
        if _WORTH <= shape.runs < _WORTH + _TRIES:
            return self._watched(context, shape, leaves)
        return run(self._template, self._engine, context)

    def _shape(self, key: tuple[Any, ...]) -> _Shape:
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            shape = self._shapes[key] = _Shape()
        return shape

    def _watched(self, context: Mapping[str, Any], shape: _Shape, leaves: Sequence[Any]) -> Iterator[Run]:
        """What `run` gives, which is remembered then."""
        written, near = [], False
        for file, draft in run(self._template, self._engine, context):
            many = len(draft.pieces) > MAX_PIECES // _MARGIN
            near = near or many or self._engine.sandbox.steps.left < MAX_STEPS // _MARGIN
            written.append((file, draft))
            yield file, draft
        if not near:
            self._remember(context, shape, leaves, written)

    def _remember(
        self, context: Mapping[str, Any], shape: _Shape, leaves: Sequence[Any], written: Sequence[Run]
    ) -> None:
        watching = self._engine.beside(Watching)
        log = cast("Watching", watching.sandbox).log
        try:
            seen = list(run(self._template, watching, _grown(context, self._defaults, log)))
            course = _course(written, seen, watching.sandbox.steps)
            same = _told(course.of(leaves)) == _told(written)
        except Exception:  # noqa: BLE001 - whatever a template does with what it is not made for
            return
        if same:
            looked = tuple(sorted(log))
            shape.courses.setdefault(looked, {})[_at(leaves, looked)] = course


@dataclass(frozen=True, slots=True)
class Course:
    """What files of a template write: a form for each, and what writes its holes out of the leaves."""

    files: tuple[tuple[ManifestFile, Form, tuple[Callable[[Sequence[Any]], Piece], ...]], ...]
    steps: Steps
    """Those that filters take, again for every file."""

    def of(self, leaves: Sequence[Any]) -> Iterator[Run]:
        """What they write for these leaves."""
        for file, form, holes in self.files:
            self.steps.restart()
            yield file, Redraft(form, [hole(leaves) for hole in holes])


def _course(written: Sequence[Run], seen: Sequence[Run], steps: Steps) -> Course:
    """What two runs in the same context wrote, of which the second was watched. Raises `ValueError`."""
    files = []
    for (file, draft), (other, watched_draft) in zip(written, seen, strict=True):
        if file is not other or len(draft.pieces) != len(watched_draft.pieces):
            raise ValueError(file.name)
        holes = {index: hole for index, piece in enumerate(watched_draft.pieces) if (hole := _hole(piece))}
        files.append((file, Form(draft.pieces, tuple(holes)), tuple(holes.values())))
    return Course(tuple(files), steps)


def _hole(seen: Piece) -> Callable[[Sequence[Any]], Piece] | None:
    """What writes a hole; None for a piece that is the same for all."""
    if not isinstance(seen, Written) or seen.again is None:
        return None
    write, own = seen.again, itemgetter(*seen.leaves)
    known: dict[Any, Piece] = {}

    def hole(leaves: Sequence[Any]) -> Piece:
        key = own(leaves)
        return known.get(key) or kept(known, key, write(leaves))

    return hole


def _told(runs: Iterable[Run]) -> list[Any]:
    """All that is to be told of what was written."""
    return [(file, draft.text, repr(draft.objects), [_facts(piece) for piece in draft.pieces]) for file, draft in runs]


def _facts(piece: Piece) -> tuple[Any, ...]:
    return str(piece), piece.template, piece.line, repr(piece.value), piece.mark, piece.pointer


class _Shape:
    """The courses of one shape, by the numbers of the leaves that were looked at and by these leaves."""

    __slots__ = ("courses", "runs")

    def __init__(self) -> None:
        self.runs = 0
        self.courses: dict[tuple[int, ...], dict[tuple[Any, ...], Course]] = {}

    def course(self, leaves: Sequence[Any]) -> Course | None:
        """What was written for leaves that look like these."""
        for looked, courses in self.courses.items():
            if course := courses.get(_at(leaves, looked)):
                return course
        return None


def _at(leaves: Sequence[Any], numbers: Iterable[int]) -> tuple[Any, ...]:
    return tuple([leaves[number] for number in numbers])


class _OtherError(Exception):
    """Something in a context is neither shape nor leaf, or a run is near a limit."""


_NAMED: Final = ("service", "namespace", "image")
_MAPS: Final = ("environment", "labels")


def _flat(context: Mapping[str, Any], defaults: Mapping[str, Any]) -> tuple[tuple[Any, ...], list[Any]]:
    """The shape and the leaves of a context. Raises `_OtherError`.

    In a shape, a leaf is its type, another scalar a tuple or a text, and a map or list is its size and what is in it;
    what is as the template has it is no part of either. So equal shapes are those of values that are alike.
    """
    key: list[Any] = [tuple(context[MIRRORS].items())]
    leaves: list[Any] = []
    for name in _NAMED:
        _flatten(context[name], key, leaves)
    for name in _MAPS:
        _flatten(context[name], key, leaves)
    _flatten(_others(context), key, leaves)
    for name, value in context["values"].items():
        if value is defaults.get(name):
            key.append(_AS_IT_IS)
        else:
            _flatten(value, key, leaves)
    return tuple(key), leaves


_AS_IT_IS: Final = "default"


def _others(context: Mapping[str, Any]) -> dict[str, Any]:
    """The images less that of the service itself."""
    service, images = context["service"], dict(context["images"])
    if images.pop(service) != context["image"]:
        raise _OtherError
    return images


def _is_leaf(value: str | int) -> bool:
    """Whether a text or number may be another one in the same shape."""
    return 0 < len(value) < CHARACTERS if isinstance(value, str) else 0 < abs(value) < _LARGEST


def _flatten(value: Any, key: list[Any], leaves: list[Any]) -> None:
    kind = value.__class__
    if kind is str or kind is int:
        if _is_leaf(value):
            key.append(kind)
            leaves.append(value)
        else:
            key.append((value,))
    elif kind is dict:
        key.append(len(value))
        for name, item in value.items():
            if name.__class__ is not str:
                raise _OtherError
            key.append(name)
            _flatten(item, key, leaves)
    elif kind is list:
        key.append(-1 - len(value))
        for item in value:
            _flatten(item, key, leaves)
    elif kind is bool or kind is float or value is None:
        key.append(repr(value))
    else:
        raise _OtherError


def _grown(context: Mapping[str, Any], defaults: Mapping[str, Any], log: set[int]) -> dict[str, Any]:
    """The same context with its leaves watched, numbered as `_flat` gives them."""
    log.clear()
    number = count()

    def grow(value: Any) -> Any:
        if value.__class__ in (str, int) and _is_leaf(value):
            index = next(number)
            return watched(value, itemgetter(index), (index,), log)
        if value.__class__ is dict:
            return {name: grow(item) for name, item in value.items()}
        return [grow(item) for item in value] if value.__class__ is list else value

    grown = {name: grow(context[name]) for name in (*_NAMED, *_MAPS)}
    images = {context["service"]: grown["image"], **grow(_others(context))}
    values = {name: value if value is defaults.get(name) else grow(value) for name, value in context["values"].items()}
    named = NamedAfter(images, grown["service"])
    return {**grown, "images": named, "values": values, MIRRORS: context[MIRRORS]}
