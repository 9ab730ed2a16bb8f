"""A survey has several processes, which need not all find out the same."""

from generator import processes
from generator.pins import Pins
from generator.sandbox import Compiled
from generator.survey import survey, whole
from generator.tree import EMPTY, EditedTree
from tests.generator.small import FILES


def test_what_most_services_need_is_compiled_before_there_are_several_processes(monkeypatch):
    template = "templates/web/deployment.yaml.j2"
    files = {**FILES, template: "{# that no other test has compiled #}\n" + FILES[template]}
    for number in range(6):
        for path, text in FILES.items():
            if "/services/" in path:
                files[path.replace("/services/", f"/services/other-{number}-")] = text
    compiled, shared = [], []
    monkeypatch.setattr(Compiled, "dump_bytecode", lambda _, bucket: compiled.append(bucket))

    def each(work, things, *_, **__):
        before = len(compiled)
        results = list(map(work, things))
        shared.append((before, len(compiled) - before))
        return results

    monkeypatch.setattr(processes, "each", each)
    tree = EditedTree(EMPTY, {path: text.encode() for path, text in files.items()})
    found = survey(tree, Pins(None, None), keep=whole, jobs=2)
    assert len(found.kept) > 6
    assert shared[0][0] > 0
    assert shared[0][1] == 0
