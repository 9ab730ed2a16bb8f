"""What can change of an object in the cluster, and what cannot; `tests/real/test_changes.py` asks an API server too."""

from tests.real.cases import changes
from tests.real.conftest import ORACLE_VERSION
from tests.real.verdicts import Says, our_change, our_environment


def test_changes_that_can_be_made_are_told_from_others():
    place = our_environment(ORACLE_VERSION)
    wrong = {
        after.name: said.why
        for before, after in changes()
        if ((said := our_change(before, after, place)).says is Says.ACCEPTS) is not (after.mutation == "can")
    }
    assert wrong == {}
