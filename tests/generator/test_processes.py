"""Several processes do what one does, and what goes wrong in one of them is told here."""

import os
import signal

import pytest

from generator import processes
from generator.errors import InputError
from generator.processes import beside, each

HERE = os.getpid()


@pytest.fixture(autouse=True)
def _small_shares(monkeypatch):
    monkeypatch.setattr(processes, "_FEWEST", 1)
    monkeypatch.setattr(processes, "_BATCH", 3)


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 4, 50])
def test_results_come_in_the_order_of_the_things(jobs, count):
    assert list(each(lambda number: number * 2, range(count), jobs)) == [number * 2 for number in range(count)]


def test_others_do_the_work():
    assert HERE not in set(each(lambda _: os.getpid(), range(20), 2))
    assert {HERE} == set(each(lambda _: os.getpid(), range(20), 1))


def test_what_fails_elsewhere_is_raised_here():
    def work(number):
        if number == 13:
            raise InputError("unlucky", next="skip it")
        return number

    done = each(work, range(20), 2)
    with pytest.raises(InputError, match="unlucky"):
        list(done)


def test_the_work_of_a_process_that_is_killed_is_done_here():
    def work(number):
        if number == 7 and os.getpid() != HERE:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert list(each(work, range(20), 3)) == list(range(20))


def test_nobody_is_left_when_somebody_stops_early():
    done = each(lambda number: (number, os.getpid()), range(60), 2)
    _, worker = next(done)
    del done
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_copy_works_beside_this_process():
    result = beside(lambda: {"who": os.getpid(), "what": (1, "a", None)})
    said = result()
    assert said["who"] != HERE and said["what"] == (1, "a", None)


@pytest.mark.parametrize("end", [lambda: 1 / 0, lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: os._exit(3)])
def test_what_a_copy_does_not_answer_is_done_here(end):
    result = beside(lambda: "here" if os.getpid() == HERE else end())
    assert result() == "here"


def test_what_fails_everywhere_is_raised_here():
    def work():
        raise InputError("unlucky", next="skip it")

    with pytest.raises(InputError, match="unlucky"):
        beside(work)()
