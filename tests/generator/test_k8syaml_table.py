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


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: repr(row["yaml"])[:60])
def test_reads_what_kubernetes_reads(row: dict[str, Any]) -> None:
    assert same(load_all(row["yaml"])[0], row["json"])


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: repr(row["yaml"])[:60])
def test_refuses_what_kubernetes_refuses_and_says_where(row: dict[str, Any]) -> None:
    with pytest.raises(YamlError) as caught:
        load_all(row["yaml"], "a.yaml")
    lines = row["yaml"].count("\n") + 1
    assert caught.value.line is not None and 1 <= caught.value.line <= lines
    assert caught.value.column is not None and caught.value.column >= 1
    assert str(caught.value).startswith("a.yaml:")


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: repr(row["yaml"])[:60])
def test_refuses_the_same_in_files_that_people_write(row: dict[str, Any]) -> None:
    with pytest.raises(YamlError):
        parse(row["yaml"])
