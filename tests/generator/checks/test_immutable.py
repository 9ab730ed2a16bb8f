"""What can change of an object in the cluster, and what cannot; `tests/real/test_changes.py` asks an API server too."""

import pytest

from generator.checks.immutable import FAMILY
from tests.generator.checks.rendered import scope
from tests.real.cases import changes
from tests.real.conftest import ORACLE_VERSION
from tests.real.verdicts import Says, our_change, our_environment

(CHANGED,) = FAMILY.checks


def test_changes_that_can_be_made_are_told_from_others():
    place = our_environment(ORACLE_VERSION)
    wrong = {
        after.name: said.why
        for before, after in changes()
        if ((said := our_change(before, after, place)).says is Says.ACCEPTS) is not (after.mutation == "can")
    }
    assert wrong == {}


HISTORY = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  revisionHistoryLimit: 10
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:1"}]}}
"""
DRIVER = "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: a}\nspec: {podInfoOnMount: false}\n"
COUNTED = """\
apiVersion: batch/v1
kind: Job
metadata: {name: a}
spec:
  completionMode: Indexed
  completions: 2
  parallelism: 2
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}
"""


@pytest.mark.parametrize(
    ("before", "after", "last_to_refuse"),
    [
        (HISTORY, HISTORY.replace("10", "3"), 32),
        (HISTORY, HISTORY.replace("  revisionHistoryLimit: 10\n", ""), 0),
        (DRIVER, DRIVER.replace("false", "true"), 29),
        (DRIVER, DRIVER.replace("podInfoOnMount: false", "fsGroupPolicy: File"), 29),
        (DRIVER, DRIVER.replace("podInfoOnMount: false", "fsGroupPolicy: ReadWriteOnceWithFSType"), 0),
        (COUNTED, COUNTED.replace("2", "3"), 26),
    ],
)
def test_what_can_change_depends_on_the_version(before: str, after: str, last_to_refuse: int) -> None:
    looked_at = scope(after, before=before)
    for version in (26, 27, 29, 30, 32, 33, 36):
        refused = bool([*CHANGED.run(looked_at.in_version(f"1.{version}"))])
        assert refused is (version <= last_to_refuse), version
