"""Which types may stand for each other, and what is known of those that are not known yet.

Source: github.com/google/cel-go, checker/types.go, rule by rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.cel.signatures import DYN, Type

_NOT_NULLABLE: Final = frozenset({"bool", "int", "uint", "double", "string", "bytes", "list", "map", "type"})
_MADE_OF: Final = frozenset({"list", "map", "optional_type"})


class Types:
    """What stands for the parameters of types, so far."""

    def __init__(self) -> None:
        self._known: dict[str, Type] = {}
        self._before: list[tuple[str, Type | None]] = []
        self._fresh = 0

    def fresh(self) -> Type:
        """A parameter that nothing stands for yet."""
        self._fresh += 1
        return Type(f"_{self._fresh}")

    def assignable(self, pairs: Iterable[tuple[Type, Type]]) -> bool:
        """Whether the first of each pair fits the second; what has to stand for parameters for it is kept if so."""
        self._before.clear()
        if all(self._fits(one, other) for one, other in pairs):
            return True
        for name, known in reversed(self._before):
            if known is None:
                del self._known[name]
            else:
                self._known[name] = known
        return False

    def resolved(self, found: Type, *, wholly: bool = False) -> Type:
        """A type with what stands for its parameters; `wholly` makes the rest `dyn`."""
        while found.name in self._known and not found.of:
            found = self._known[found.name]
        if found.is_parameter:
            return DYN if wholly else found
        if not found.of:
            return found
        return Type(found.name, tuple(self.resolved(one, wholly=wholly) for one in found.of))

    def _fits(self, one: Type, other: Type) -> bool:
        if other.is_parameter:
            stands, known = self._stands_for(one, other)
            if stands or known:
                return stands
        if one.is_parameter:
            return self._stands_for(other, one)[0]
        if DYN in (one, other):
            return True
        if "null" in (one.name, other.name):
            rest = other if one.name == "null" else one
            return rest.name not in _NOT_NULLABLE
        if one.name == "type":
            return other.name == "type"
        if one.name in _MADE_OF:
            return one.name == other.name and all(map(self._fits, one.of, other.of))
        return one == other

    def _stands_for(self, found: Type, parameter: Type) -> tuple[bool, bool]:
        """Whether a type can stand for a parameter, and whether one does already."""
        if found == parameter:
            return True, True
        known = self._known.get(parameter.name)
        if known is not None:
            if found == known:
                return True, True
            if self._fits(found, known):
                general = most_general(found, known)
                if not self._is_in(parameter, general):
                    self._set(parameter, general)
                return True, True
            return False, True
        if self._is_in(parameter, found):
            return False, False
        self._set(parameter, found)
        return True, False

    def _set(self, parameter: Type, found: Type) -> None:
        self._before.append((parameter.name, self._known.get(parameter.name)))
        self._known[parameter.name] = found

    def _is_in(self, parameter: Type, found: Type) -> bool:
        while found.name in self._known and not found.of:
            if found == parameter:
                return True
            found = self._known[found.name]
        return found == parameter or any(self._is_in(parameter, one) for one in found.of)


def most_general(one: Type, other: Type) -> Type:
    """The one of two types, which fit each other, that says less."""
    return one if _says_less(one, other) else other


def _says_less(one: Type, other: Type) -> bool:
    if one == DYN or one.is_parameter:
        return True
    if other == DYN or other.is_parameter or one.name != other.name:
        return False
    return one.name == "type" or all(map(_says_less, one.of, other.of))
