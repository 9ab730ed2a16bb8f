"""Templates turned round: from the objects that a service has to the values that render them.

Values are proposed, rendered by the real renderer and compared with the objects; what is left over tells how well a
template fits. It works for any template: a value whose meaning is not known is looked for among the fields of its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from generator.adoption.bench import Bench
from generator.adoption.grouping import Key, key_of
from generator.adoption.layers import SAME, override
from generator.adoption.ports import HTTP
from generator.adoption.proposals import parts_of, proposed
from generator.diff import differences
from generator.diff_words import ABSENT
from generator.errors import InputError
from generator.k8syaml import dump
from generator.own_files.templates import Template
from generator.server_defaults import comparable, essential
from generator.workload import containers, items

Map = Mapping[str, Any]
Values = dict[str, Any]

_MOST_REFUSALS: Final = 50
_MOST_GUESSES: Final = 40
_CONDITION: Final = re.compile(r"\bvalues\.(\w+)")
_PROTOCOLS: Final = ("grpc", "http")


@dataclass(frozen=True, slots=True)
class Fit:
    """How a template fits a service: the values of its spec, and what they do not render.

    `rendered` are the objects that the values render, `distances` count the fields in which those differ from what was,
    `beside` are the objects that the template does not render at all.
    """

    template: Template
    values: Values
    rendered: Mapping[Key, Map]
    distances: Mapping[Key, int]
    beside: tuple[Key, ...]
    rank: tuple[int, bool, int, str] = (0, False, 0, "")

    @property
    def rest(self) -> int:
        """In how many fields something is rendered otherwise than it was."""
        return sum(self.distances.values())

    @property
    def lines(self) -> int:
        """How long the spec gets."""
        return dump(self.values).count("\n") if self.values else 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A service as it was in an environment: its objects, its workload and the image that this runs."""

    service: str
    objects: Mapping[Key, Map]
    workload: Key
    image: str


def fits(bench: Bench, templates: Iterable[Template], wanted: Wanted) -> list[Fit]:
    """How each template fits a service, of those that are worth it; the best one first."""
    found = [fit for template in templates if (fit := fit_of(bench, template, wanted)) is not None]
    return sorted(found, key=lambda fit: fit.rank)


def _rank(template: Template, spoken: set[str], fit: Fit) -> tuple[int, bool, int, str]:
    """The best template leaves the least, judges the service by what it speaks, and needs the fewest lines."""
    judged = {word for word in _PROTOCOLS for gate in template.gates if word in str(gate)}
    unsuited = bool(judged) != bool(spoken) or bool(judged and not judged & spoken)
    return fit.rest + len(fit.beside), unsuited, fit.lines, template.name


def _spoken(wanted: Wanted) -> set[str]:
    """The protocols that the probes and the names of ports tell of."""
    said: list[str] = []
    for obj in wanted.objects.values():
        for _, port in items(obj, "spec", "ports"):
            said += [str(port.get("name")), str(port.get("appProtocol"))]
        for _, container in containers(obj):
            said += [str(port.get("name")) for _, port in items(container, "ports")]
            said += ["grpc" for probe in ("readinessProbe", "livenessProbe") if "grpc" in (container.get(probe) or {})]
            said += [
                "http" for probe in ("readinessProbe", "livenessProbe") if "httpGet" in (container.get(probe) or {})
            ]
    found = {word for word in _PROTOCOLS for text in said if text.startswith(word)}
    return found or _by_number(wanted)


def _by_number(wanted: Wanted) -> set[str]:
    numbers = {
        port.get("containerPort")
        for obj in wanted.objects.values()
        for _, container in containers(obj)
        for _, port in items(container, "ports")
    }
    return {"http"} if numbers & HTTP else set()


def fit_of(bench: Bench, template: Template, wanted: Wanted) -> Fit | None:
    """How a template fits; None where it cannot render the workload, or renders what was not there."""
    parts = parts_of(wanted.service, [essential(obj) for obj in wanted.objects.values()], wanted.workload)
    proposals = proposed(parts) if parts else {}
    below = bench.below(template)
    values = {
        name: said
        for name, value in proposals.items()
        if name in template.values and (said := override(below.get(name), value)) is not SAME
    }
    trial = _Trial(bench, template, wanted)
    values = trial.accepted(values)
    fit = trial.guessed(values, [name for name in template.values if name not in proposals])
    fit = trial.thinned(fit) if fit else fit
    if fit is None or wanted.workload not in fit.rendered or set(fit.rendered) - set(wanted.objects):
        return None
    if fit.rest * 2 > _size([wanted.objects[key] for key in fit.rendered]):
        return None
    return replace(fit, rank=_rank(template, _spoken(wanted), fit))


@dataclass(frozen=True, slots=True)
class _Trial:
    """Tries values of one template for one service."""

    bench: Bench
    template: Template
    wanted: Wanted

    def fit(self, values: Values) -> Fit | None:
        """What comes of values; None where nothing can be rendered from them."""
        try:
            objects = self.bench.objects(self.template, self.wanted.service, self.wanted.image, values)
        except InputError:
            return None
        rendered = {key_of(obj): at_home(obj, self.bench.environment.namespace) for obj in objects}
        distances = {key: _distance(self.wanted.objects.get(key), obj) for key, obj in rendered.items()}
        beside = tuple(key for key in self.wanted.objects if key not in rendered)
        return Fit(self.template, values, rendered, distances, beside)

    def accepted(self, values: Values) -> Values:
        """The values less what the schema refuses, the innermost part that can be left out."""
        for _ in range(_MOST_REFUSALS):
            error = next((one for one in self.bench.errors(self.template, values) if one.path), None)
            if error is None or not (smaller := _without(values, error.path)):
                return values
            values = smaller[0]
        return {}

    def guessed(self, values: Values, unknown: list[str]) -> Fit | None:
        """The best fit that is found by also giving values to names that nobody proposed anything for."""
        guesses = {
            name: list(_guesses(name, self.wanted.objects.values(), self._is_required(name))) for name in unknown
        }
        first = {name: self._first(values, name, guesses[name]) for name in unknown if self._is_required(name)}
        values = {**values, **first}
        found = self.fit(values) or self._without_culprit(values)
        for name in sorted(unknown, key=self._is_required, reverse=True):
            for guess in guesses[name] if found else ():
                made = self.fit(self.accepted({**found.values, name: guess})) if found else None
                if found and made and _cost(made) < _cost(found):
                    found = made
        return found

    def _is_required(self, name: str) -> bool:
        return name in self.template.required

    def _first(self, values: Values, name: str, guesses: list[Any]) -> Any:
        """The first guess that the schema takes; None where it takes none."""
        for guess in guesses:
            if not any(
                error.path[:1] == (name,) for error in self.bench.errors(self.template, {**values, name: guess})
            ):
                return guess
        return None

    def thinned(self, fit: Fit) -> Fit:
        """The fit without values that render an object otherwise than it was: it is better left beside."""
        conditions = " ".join(file.when or "" for file in self.template.files)
        for path in [path for name in _CONDITION.findall(conditions) for path in _parts(name, fit.values.get(name))]:
            if not any(distance for key, distance in fit.distances.items() if key != self.wanted.workload):
                return fit
            smaller = _without(fit.values, path)
            made = self.fit(smaller[0]) if smaller else None
            if made is not None and made.rest + len(made.beside) < fit.rest + len(fit.beside):
                fit = made
        return fit

    def _without_culprit(self, values: Values) -> Fit | None:
        """The fit without one value that cannot be rendered, such as a probe of a port that is none."""
        for name in reversed(values):
            if (fit := self.fit({key: value for key, value in values.items() if key != name})) is not None:
                return fit
        return None


def _parts(name: str, value: Any) -> Iterator[tuple[str, ...]]:
    yield (name,)
    if isinstance(value, Mapping):
        yield from ((name, key) for key in value)


def _cost(fit: Fit) -> int:
    return fit.rest + _size(fit.beside)


def _guesses(name: str, objects: Iterable[Map], required: bool) -> Iterator[Any]:
    """Different values of the fields of that name; for a value that has to be there, of any field."""
    seen: list[Any] = []
    fields = [pair for obj in objects for pair in _fields(obj)]
    for field, value in sorted(fields, key=lambda pair: pair[0] != name):
        if (field == name or (required and not isinstance(value, (dict, list)))) and value not in seen:
            seen.append(value)
            if len(seen) <= _MOST_GUESSES:
                yield value


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield key, item
            yield from _fields(item)
    elif isinstance(value, list):
        for item in value:
            yield from _fields(item)


def _without(values: Values, path: tuple[str | int, ...]) -> list[Values]:
    """The values without the part at a path: an entry of a map by name, or the value as a whole."""
    name, inner = str(path[0]), path[1:]
    if name not in values:
        return []
    value = values[name]
    rest = {key: item for key, item in values.items() if key != name}
    if inner and isinstance(value, Mapping) and inner[0] in value and len(value) > 1:
        return [{**values, name: {key: item for key, item in value.items() if key != inner[0]}}]
    return [rest]


def _distance(was: Map | None, rendered: Map) -> int:
    """In how many fields a rendered object differs from what was."""
    made = comparable(rendered)
    if was is None:
        return _size(made)
    return sum(max(_size(one.old), _size(one.new)) for one in differences(comparable(was), made))


def at_home(obj: Map, namespace: str) -> Map:
    """The object without the namespace of its environment, in which it is anyway."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("namespace") != namespace:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}


def _size(value: Any) -> int:
    """How many scalars are in a value."""
    if value is ABSENT:
        return 0
    if isinstance(value, Mapping):
        return sum(map(_size, value.values())) or 1
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value)) or 1
    return 1
