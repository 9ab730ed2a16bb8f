"""A check that need not run would find nothing: where there are none of its kinds, or nothing that is doubtful."""

from generator.checks.all import CHECKS
from generator.checks.check import Scope
from generator.checks.objects import RenderedObject
from generator.k8syaml import load_all
from tests.generator.checks.rendered import environment, manifest

PLACE = environment()
OBJECTS = [one for check in CHECKS for text in (check.good, check.bad) for one in load_all(text)]


def test_checks_that_name_kinds_look_at_no_others():
    objects = tuple(RenderedObject("web", manifest("").path, index, value) for index, value in enumerate(OBJECTS))
    for check in CHECKS:
        if check.kinds:
            others = tuple(one for one in objects if one.kind not in check.kinds)
            assert not list(check.run(Scope(PLACE, others))), check.id
            of_them = tuple(one for one in objects if one.kind in check.kinds)
            assert list(check.run(Scope(PLACE, of_them))), check.id


def test_checks_by_schema_look_at_doubtful_objects_only():
    objects = tuple(RenderedObject("web", manifest("").path, index, value) for index, value in enumerate(OBJECTS))
    doubtful = Scope(PLACE, objects).doubtful
    sound = tuple(one for one in objects if one not in doubtful)
    for check in CHECKS:
        if check.by_schema:
            assert not list(check.run(Scope(PLACE, sound))), check.id
            assert list(check.run(Scope(PLACE, doubtful))), check.id
