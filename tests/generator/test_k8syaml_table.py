"""The truth tables: what sigs.k8s.io/yaml itself makes of a text.

`data/kubernetes-yaml.json` came with the project's requirements; `data/kubernetes-yaml-more.json` holds
the cases that comparing both readers on generated texts brought up. The verdicts of both are those of
sigs.k8s.io/yaml v1.6.0 (`YAMLToJSON` gives `json` or `error`, `YAMLToJSONStrict` adds `strict_error`),
which reads the first document only.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.k8syaml import YamlError, load_all, parse

DATA = Path(__file__).parent / "data"
ROWS = [row for name in sorted(DATA.glob("kubernetes-yaml*.json")) for row in json.loads(name.read_text("utf-8"))]
ACCEPTED = [row for row in ROWS if "json" in row and "strict_error" not in row]
REFUSED = [row for row in ROWS if "error" in row or "strict_error" in row]


def same(ours: Any, theirs: Any) -> bool:
    """Equal as JSON: true is not 1, but 1.0 is."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return isinstance(ours, bool) == isinstance(theirs, bool) and bool(ours == theirs)


def read(text: str) -> Any:
    """What the first document holds, or why it is refused."""
    try:
        return load_all(text, "a.yaml")[0]
    except YamlError as refused:
        return refused


def test_there_are_enough_rows() -> None:
    assert len(ACCEPTED) > 400 and len(REFUSED) > 150


def test_reads_what_kubernetes_reads() -> None:
    found = [(row["yaml"], read(row["yaml"]), row["json"]) for row in ACCEPTED]
    assert [row for row in found if not same(*row[1:])] == []


def test_refuses_what_kubernetes_refuses_and_says_where() -> None:
    found = [(row["yaml"], read(row["yaml"])) for row in REFUSED]
    assert [row for row in found if not (isinstance(row[1], YamlError) and says_where(*row))] == []


def says_where(text: str, refused: YamlError) -> bool:
    line, column = refused.line or 0, refused.column or 0
    return 1 <= line <= text.count("\n") + 1 and column >= 1 and str(refused).startswith("a.yaml:")


def test_refuses_the_same_in_files_that_people_write() -> None:
    for row in REFUSED:
        with pytest.raises(YamlError):
            pytest.fail(f"{row['yaml']!r} is read as {parse(row['yaml'])}")
