"""A survey has several processes, which need not all find out the same."""

from generator import processes
from generator.errors import Location
from generator.rendering.sandbox import Compiled
from generator.resolving.pins import Pins
from generator.survey import survey, whole
from generator.trees.tree import EMPTY, EditedTree
from tests.generator.small import FILES

TEMPLATE = "templates/web/deployment.yaml.j2"


def test_what_most_services_need_is_compiled_before_there_are_several_processes(monkeypatch):
    files = {**FILES, TEMPLATE: "{# that no other test has compiled #}\n" + FILES[TEMPLATE]}
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


def surveyed(template, services=()):
    """What is said of web and other, of which other has two replicas, where this is the template of both."""
    base, place = "environments/base/services", "environments/test/services"
    other = FILES[f"{base}/web.yaml"].replace("values:\n", "values:\n  replicas: 2\n")
    files = {**FILES, TEMPLATE: template + FILES[TEMPLATE], f"{base}/other.yaml": other}
    files[f"{place}/other.yaml"] = FILES[f"{place}/web.yaml"]
    tree = EditedTree(EMPTY, {path: text.encode() for path, text in files.items()})
    found = survey(tree, Pins(None, None), services=services, keep=whole).findings
    return [(one.message, one.origins) for one in found if one.check == "invalid-file"]


def test_what_is_wrong_about_a_template_is_said_once_with_the_first_service():
    (told,) = surveyed("{% set gone = 1 / (values.port - values.port) %}\n")
    assert told == ("division by zero", (("overlay", Location("environments/prod/services/web.yaml")),))


def test_what_fails_for_one_service_is_said_of_it_and_not_of_others():
    template = "{% set gone = 1 / (values.replicas - 2) %}\n"
    overlay = (("overlay", Location("environments/test/services/other.yaml")),)
    assert surveyed(template) == surveyed(template, ["other"]) == [("division by zero", overlay)]
    assert surveyed(template, ["web"]) == []
