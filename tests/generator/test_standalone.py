"""Plain manifests: their findings, and what is kept of the files."""

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
