"""Several processes do what one does, and what goes wrong in one of them is told here."""

import os
import signal
import time

import pytest

from generator import processes
from generator.beside import beside
from generator.errors import InputError
from generator.processes import each

HERE = os.getpid()


def wait_for(event):
    """Wait until something has happened, which takes no more than a moment."""
    until = time.monotonic() + 20
    while not event():
        assert time.monotonic() < until
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def _small_shares(monkeypatch):
    monkeypatch.setattr(processes, "_FEWEST", 1)
    monkeypatch.setattr(processes, "_BATCH", 3)


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 4, 50])
def test_results_come_in_the_order_of_the_things(jobs, count):
    assert each(lambda number: number * 2, range(count), jobs) == [number * 2 for number in range(count)]


def test_others_share_the_work(tmp_path):
    def work(_):
        """Goes on once two have begun."""
        (tmp_path / str(os.getpid())).touch()
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        return os.getpid()

    done = set(each(work, range(20), 2))
    assert HERE in done and done == {int(place.name) for place in tmp_path.iterdir()}
    assert {HERE} == set(each(lambda _: os.getpid(), range(20), 1))


def test_more_things_than_there_are_numbers_of_batches(monkeypatch):
    monkeypatch.setattr(processes, "_BATCHES", 5)
    assert each(abs, range(1000), 2) == list(range(1000))


@pytest.mark.parametrize("count", [3, 500])
def test_what_is_to_be_done_first_is_done_here_once(count):
    done = []
    assert processes.each(lambda number: (number, len(done)), range(count), 2, first=lambda: done.append(os.getpid()))
    assert done == [os.getpid()]


def test_what_fails_elsewhere_is_raised_here(tmp_path):
    def work(number):
        begun = tmp_path / str(number)
        if os.getpid() != HERE:
            begun.touch()
        wait_for(lambda: any(tmp_path.iterdir()))
        if begun.exists():
            raise InputError("unlucky", next="skip it")
        return number

    with pytest.raises(InputError, match="unlucky"):
        each(work, range(20), 2)


def test_the_work_of_a_process_that_is_killed_is_done_here(tmp_path):
    def work(number):
        if os.getpid() != HERE:
            (tmp_path / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        return number

    assert each(work, range(20), 3) == list(range(20))


def test_nobody_is_left_when_this_process_fails(tmp_path):
    def work(_):
        if os.getpid() != HERE:
            (tmp_path / str(os.getpid())).touch()
            time.sleep(60)
        wait_for(lambda: any(tmp_path.iterdir()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        each(work, range(60), 2)
    (worker,) = (int(place.name) for place in tmp_path.iterdir())
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
