"""Plain manifests: their findings, and what is kept of the files."""

import json

import pytest

from generator import manifest_files
from generator.k8syaml import parse
from generator.k8syaml.lines import SHOWN
from generator.manifest_files import read_bytes
from generator.standalone import audit

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  containers:\n  - {name: a, image: a:1, tty: 1}\n"


def test_forgets_the_places_in_a_file_once_its_findings_have_theirs() -> None:
    files = [read_bytes(f"{name}.yaml", (POD % name).encode()) for name in ("b", "a")]
    found = audit(files, "1.36").findings
    wrong = [(one.where.path, one.where.line, one.where.text) for one in found if one.check == "kubernetes-schema"]
    line = "  - {name: a, image: a:1, tty: 1}"
    assert wrong == [("b.yaml", 6, line), ("a.yaml", 6, line)]
    assert not [file.path for file in files if "documents" in vars(file)]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many characters YAML's reader has been given each time."""
    given: list[int] = []

    def counting(text, *arguments, **options):
        given.append(len(text))
        return parse(text, *arguments, **options)

    monkeypatch.setattr(manifest_files, "parse", counting)
    return given


def test_each_of_many_values_of_json_is_placed_without_those_before_it(read: list[int]) -> None:
    named = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"A{number}"}} for number in range(50)]
    for between in ("\n", " "):
        read.clear()
        text = between.join(map(json.dumps, named))
        assert len(audit([read_bytes("a.json", text.encode())], "1.36").findings) == 50
        assert sum(read) <= len(text)


def test_of_a_line_that_holds_a_whole_file_only_the_beginning_is_shown() -> None:
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"A{number}"}} for number in range(50)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    found = audit([read_bytes("a.json", text.encode())], "1.36").findings
    assert [one.where.text for one in found] == [text[:SHOWN]] * 50


def test_json_that_cannot_be_placed_is_not_read_again_for_each_finding(read: list[int]) -> None:
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"A{number}"}} for number in range(9)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items, "k" * 2000: 1})
    found = audit([read_bytes("a.json", text.encode())], "1.36").findings
    assert [one.where.line for one in found] == [1] * 9
    assert len(read) == 1
