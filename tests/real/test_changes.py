"""The changes that our check tells apart are those that a real API server takes and refuses."""

from tests.real.cases import changes
from tests.real.verdicts import Oracle, Says


def test_the_server_takes_the_changes_that_can_be_made_and_no_others(kubernetes):
    oracle = Oracle(kubernetes)
    wrong = {
        after.name: said.why
        for before, after in changes()
        if ((said := oracle.change(before, after)).says is Says.ACCEPTS) is not (after.mutation == "can")
    }
    assert wrong == {}
