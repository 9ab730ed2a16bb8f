"""Plain manifests: their findings, and what is kept of the files."""

import json
from collections import Counter

import pytest

from generator import manifest_files
from generator.checks.fields.validator import compiled as rules_of
from generator.custom import cel
from generator.custom.catalogue import Catalogue
from generator.custom.crds import CustomKind
from generator.file_schemas import parsed
from generator.k8syaml import MAX_DOCUMENTS, parse
from generator.k8syaml.lines import SHOWN
from generator.manifest_files import read_bytes
from generator.own_files import decode
from generator.schemas import Kind
from generator.validation import standalone
from generator.validation.standalone import Around, audit
from generator.validation.suppressions import Suppression, of_settings

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


def test_a_file_has_no_more_values_of_json_than_documents_of_yaml() -> None:
    found = read_bytes("a.json", b"{}" * (MAX_DOCUMENTS + 1)).finding
    assert found and found.message == "more than 10,000 documents"
    assert read_bytes("a.json", b"{}" * MAX_DOCUMENTS).finding is None


def test_json_that_cannot_be_placed_is_not_read_again_for_each_finding(read: list[int]) -> None:
    items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"A{number}"}} for number in range(9)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items, "k" * 2000: 1})
    found = audit([read_bytes("a.json", text.encode())], "1.36").findings
    assert [one.where.line for one in found] == [1] * 9
    assert len(read) == 1


class Counted(tuple[Suppression, ...]):
    """Suppressions that count how often somebody goes through them all."""

    times = 0

    def __iter__(self):
        self.times += 1
        return super().__iter__()


def test_suppressions_are_not_looked_through_for_each_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = [f"- {{check: object-name, object: ConfigMap/A{number}, path: a/, reason: b}}" for number in range(20)]
    text = "version: 1\nsuppress:\n" + "\n".join(hidden)
    around = Around(decode.settings(parsed("towpath.yaml", text.encode())), targets=("a",))
    given = Counted(of_settings(around.settings))
    monkeypatch.setattr(standalone, "of_settings", lambda _: given)
    named = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"A{number}"}} for number in range(1, 30)]
    files = [read_bytes("a/b.json", "\n".join(map(json.dumps, named)).encode())]
    found = [(one.check, one.message) for one in audit(files, "1.36", around=around).findings]
    assert [check for check, _ in found] == ["object-name"] * 10 + ["unused-suppression"]
    assert given.times <= 2


def test_an_object_is_validated_once_and_a_rule_made_ready_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    validated: list[str] = []
    ready: list[str] = []
    validate, make_ready = CustomKind.validate, cel._ready

    def validating(kind, version, value):
        validated.append(value["metadata"]["name"])
        return validate(kind, version, value)

    def making_ready(schema):
        ready.append(schema)
        return make_ready(schema)

    monkeypatch.setattr(CustomKind, "validate", validating)
    monkeypatch.setattr(cel, "_ready", making_ready)
    things = [{"apiVersion": "a.b/v1", "kind": "A", "metadata": {"name": name}, "spec": {"n": 0}} for name in "abc"]
    rules = [{"rule": "self.n > 0"}, {"rule": "self.n < 9"}]
    spec = {"type": "object", "properties": {"n": {"type": "integer"}}, "x-kubernetes-validations": rules}
    schema = {"type": "object", "properties": {"spec": spec}}
    known = Catalogue(ignore_missing=True).with_kinds([CustomKind(Kind("a.b/v1", "A", True), schema, "a")])
    files = [read_bytes("a.json", "\n".join(map(json.dumps, things)).encode())]
    found = audit(files, "1.36", catalogue=known).findings
    assert [one.check for one in found] == ["kubernetes-schema"] * 3
    assert validated == ["a", "b", "c"]
    assert len(ready) == 1


def test_what_is_known_of_every_kind_is_made_ready_once_for_unknown_ones() -> None:
    things = [{"apiVersion": "a.b/v1", "kind": f"Kind{number}", "metadata": {"name": "A"}} for number in range(20)]
    before = rules_of.cache_info().misses
    found = audit([read_bytes("a.json", "\n".join(map(json.dumps, things)).encode())], "1.29").findings
    assert Counter(one.check for one in found) == {"unknown-kind": 20, "object-name": 20}
    assert rules_of.cache_info().misses - before <= 1
