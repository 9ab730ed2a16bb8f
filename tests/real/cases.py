"""The corpus that a real API server judges: valid objects, edits of them by hand, systematic mutations, and mistakes.

`corpus/held_out/` was written later, for kinds and fields that the rest does not have; it is edited by hand only.

The same seed makes the same cases. A case is text, JSON for what can be said in it, because some mistakes (a key that
comes twice) are gone once it has been read.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from generator.k8syaml import load_all
from generator.workload import POD_TEMPLATES
from tests.real.mistakes import Mistake, mistakes, wrong_kinds
from tests.real.mutations import Draft, drafts

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).parents[2]
SEED = 20261123

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A manifest to judge: what it was made of, what was tried (`valid` for nothing) and where."""

    of: str
    mutation: str
    what: str
    text: str

    @property
    def name(self) -> str:
        """How known disagreements and failures name it."""
        return f"{self.of} {self.mutation} {self.what}".rstrip()


def corpus(seed: int = SEED, share: int = 40) -> tuple[Case, ...]:
    """All cases, each text once; of the mutations of an object, every `share`-th that is possible is taken."""
    written = _written()
    rendered = [
        *sorted(ROOT.glob("environments/*/rendered/*/*.yaml")),
        *sorted(ROOT.glob("templates/*/tests/*/rendered/*.yaml")),
    ]
    found = [*written, *(case for path in rendered for case in _valid(path))]
    valid = {case.of: json.loads(case.text) for case in written}
    (edits,) = load_all((CORPUS / "edits.yaml").read_text(encoding="utf-8"))
    found += _edited(valid, edits)
    found += held_out()
    found += _mutated(valid, Random(seed), share)
    found += _mistaken(valid, Random(seed))
    return tuple({case.text: case for case in reversed(found)}.values())[::-1]


def changes() -> Iterator[tuple[Case, Case]]:
    """Objects of the corpus as they are in the cluster, and as they are to be; whether they `can` is the mutation."""
    every = (*_written(), *(case for case in held_out() if case.mutation == "valid"))
    valid = {case.of: json.loads(case.text) for case in every}
    (edits,) = load_all((CORPUS / "changes.yaml").read_text(encoding="utf-8"))
    before = {case.of: case for case in every}
    yield from ((before[case.of], case) for case in _edited(valid, edits))


def _written() -> tuple[Case, ...]:
    files = (path for path in sorted(CORPUS.glob("*.yaml")) if path.stem not in ("changes", "edits"))
    return tuple(case for path in files for case in _valid(path))


def _valid(path: Path) -> Iterator[Case]:
    for value in load_all(path.read_text(encoding="utf-8")):
        title = _title(value)
        at = "" if path.parent == CORPUS else str(path.relative_to(ROOT))
        yield Case(title, "valid" if not at else "rendered", at, json.dumps(value))


def _title(value: Mapping[str, Any]) -> str:
    metadata = value["metadata"]
    return f"{value['kind']}/{metadata.get('name') or metadata['generateName']}"


def held_out(files: str = "*") -> Iterator[Case]:
    """The objects that only have the mistakes which were written for them; each file ends with these."""
    for path in sorted(CORPUS.glob(f"held_out/{files}.yaml")):
        *objects, edits = load_all(path.read_text(encoding="utf-8"))
        valid = {_title(value): value for value in objects}
        yield from (Case(title, "valid", "", json.dumps(value)) for title, value in valid.items())
        yield from _edited(valid, {"held-out": edits})


def _edited(valid: Mapping[str, Any], edits: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Case]:
    for mutation, entries in edits.items():
        for entry in entries:
            for changes, removed in _variants(entry):
                value = copy.deepcopy(valid[entry["of"]])
                for place, new in changes.items():
                    put(value, pointer(place, value["kind"]), _expanded(new))
                for place in removed:
                    remove(value, pointer(place, value["kind"]))
                words = [f"{place}={_short(new)}" for place, new in changes.items()]
                words += [f"{place} removed" for place in removed]
                yield Case(entry["of"], mutation, ", ".join(words), json.dumps(value))


def _variants(entry: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """(what is set by place, what is removed) for each case of an entry of edits.yaml."""
    if "at" in entry:
        yield from (({entry["at"]: value}, []) for value in entry["values"])
    else:
        yield entry.get("set", {}), entry.get("remove", [])


def _expanded(value: Any) -> Any:
    """`{253: a}` is how edits.yaml writes the letter a 253 times."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, letter),) = value.items()
        if key.isdigit() and len(key) > 1 and isinstance(letter, str):
            return letter * int(key)
    return {key: _expanded(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 150 else f"{text[:149]}…"


def _mutated(valid: Mapping[str, Any], random: Random, share: int) -> Iterator[Case]:
    values = tuple(valid.values())
    for title, value in valid.items():
        by_mutation: dict[str, list[Draft]] = {}
        for draft in drafts(value, values, random):
            by_mutation.setdefault(draft.mutation, []).append(draft)
        for mutation, possible in by_mutation.items():
            for draft in random.sample(possible, min(len(possible), 2 + len(possible) // share)):
                yield Case(title, mutation, draft.what, draft.text(value))


def _mistaken(valid: Mapping[str, Any], random: Random) -> Iterator[Case]:
    """A mistake of each kind in each object."""
    values = tuple(valid.values())
    for title, value in valid.items():
        by_mutation: dict[str, list[Mistake]] = {}
        lent = random.sample(values, 4)
        for one in (*mistakes(value, lent, random), *wrong_kinds(value, random)):
            by_mutation.setdefault(one.mutation, []).append(one)
        for mutation, possible in by_mutation.items():
            chosen = random.choice(possible)
            yield Case(title, mutation, chosen.what, chosen.text)


def pointer(place: str, kind: str) -> Pointer:
    """The path that `/spec/replicas` means; `~` is the spec of the object's pods, `~labels` their labels."""
    pod = "/".join(("", *POD_TEMPLATES.get(kind, ())))
    if place.startswith("~labels"):
        place = f"{pod.rstrip('/')}/metadata/{place[1:]}"
    elif place.startswith("~"):
        place = f"{pod.rstrip('/')}/spec/{place[1:]}"
    return tuple(int(step) if step.isdigit() else step for step in place.split("/")[1:])


def put(root: Any, path: Sequence[str | int], new: Any) -> None:
    """Set the value at a path; maps on the way are made, and a list may grow by one."""
    node = root
    for step, following in pairwise(path):
        if isinstance(node, dict) and not isinstance(node.get(step), dict | list):
            node[step] = {} if isinstance(following, str) else []
        node = node[step]
    if isinstance(node, list) and path[-1] == len(node):
        node.append(new)
    else:
        node[path[-1]] = new


def remove(root: Any, path: Sequence[str | int]) -> None:
    """Take away what is at a path."""
    node = root
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]
