"""V4 and V5: what the cluster says of commits, held against the order of the base; and what to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from bot.cluster.interface import Application, Progress, ServiceState, Workload
from bot.evidence import Stage, State, Verdict
from bot.history import Arrival, ArrivalKey, History, Track, Window
from bot.observe.evidence import baseline, read_statuses
from bot.record import Ledger, Record, Topic
from generator.errors import OutsideError
from generator.release import ReleaseId

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
BEFORE, ARRIVED, EDITED, LATER, STRANGE = ("a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40)
POSITIONS = {BEFORE: 0, ARRIVED: 1, EDITED: 2, LATER: 3}
DIGEST = "@sha256:" + "0" * 64


class Clusters:
    """Every service as one state; asking about `down` fails. `asked` notes each question."""

    def __init__(self, state: ServiceState | None, down: str = "") -> None:
        self.state = state
        self.down = down
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def services(self, environment: str, names: Sequence[str]) -> Mapping[str, ServiceState]:
        self.asked.append((environment, tuple(names)))
        if environment == self.down:
            raise OutsideError("no route to host")
        return dict.fromkeys(names, self.state) if self.state else {}


def state(revision: str | None, attempted: str | None = None) -> ServiceState:
    workload = Workload("web", Progress.COMPLETE, AT, "web-[a-z]+")
    return ServiceState(Application(revision, attempted or revision, True), (workload,))


def arrival(name: str, commit: str = ARRIVED, environment: str = "prod", service: str = "web") -> Arrival:
    release = ReleaseId(f"ghcr.io/acme/web:{name}{DIGEST}", name, name * 64)
    return Arrival(environment, service, release, None, commit, POSITIONS[commit], None, False, True, True)


def track(*arrivals: Arrival, window: str = EDITED) -> Track:
    last = arrivals[-1]
    return Track(last.environment, last.service, arrivals, Window(window, POSITIONS[window], "r"), present=True)


def ledger(verdicts: Mapping[ArrivalKey, State]) -> Ledger:
    records = {
        (key, Topic.VERDICT): Record(Topic.VERDICT, key, AT, verdict=Verdict(key, state))
        for key, state in verdicts.items()
    }
    return Ledger(None, records, {})


def stage(cluster: Clusters) -> Stage:
    found = track(arrival("1"))
    history = History({("prod", "web"): found}, POSITIONS, {})
    return read_statuses(cluster, history, ledger({}), [found])["prod", "web"].stage


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        (BEFORE, Stage.UNAPPLIED),
        (ARRIVED, Stage.UNAPPLIED),
        (EDITED, Stage.LIVE),
        (LATER, Stage.LIVE),
        (STRANGE, Stage.UNAPPLIED),
        (None, Stage.UNAPPLIED),
    ],
    ids=["before", "arrival", "window", "later", "not-on-base", "nothing"],
)
def test_live_is_what_contains_the_newest_change_of_the_rendered_files(revision: str | None, expected: Stage) -> None:
    """V5, Q5: an edit of the environment after the arrival opens a new window."""
    assert stage(Clusters(state(revision))) is expected


def test_a_commit_that_is_only_being_applied_is_not_live() -> None:
    assert stage(Clusters(state(BEFORE, attempted=LATER))) is Stage.ROLLING


def test_a_service_that_the_cluster_does_not_know_is_not_applied() -> None:
    assert stage(Clusters(None)) is Stage.UNAPPLIED


def test_each_environment_is_asked_once_and_fails_alone() -> None:
    tracks = [
        track(arrival("1", environment=environment, service=service))
        for environment in ("test", "prod")
        for service in ("cart", "web")
    ]
    cluster = Clusters(state(LATER), down="test")
    history = History({(one.environment, one.service): one for one in tracks}, POSITIONS, {})
    found = read_statuses(cluster, history, ledger({}), tracks)
    assert cluster.asked == [("test", ("cart", "web")), ("prod", ("cart", "web"))]
    assert {place: status.stage for place, status in found.items()} == {
        ("test", "cart"): Stage.UNKNOWN,
        ("test", "web"): Stage.UNKNOWN,
        ("prod", "cart"): Stage.LIVE,
        ("prod", "web"): Stage.LIVE,
    }
    assert found["test", "web"].message == "no route to host"


def test_the_baseline_is_the_last_arrival_that_passed_and_not_the_current_one() -> None:
    """V4: bad B must not be C's excuse."""
    good, bad, current = arrival("1", BEFORE), arrival("2", ARRIVED), arrival("3", EDITED)
    known = ledger({good.key: State.PASS, bad.key: State.FAIL, current.key: State.PASS})
    found = baseline(track(good, bad, current), known)
    assert found is not None and found.key == good.key


def test_without_a_release_that_passed_there_is_no_baseline() -> None:
    bad, current = arrival("2", ARRIVED), arrival("3", EDITED)
    assert baseline(track(bad, current), ledger({bad.key: State.INCONCLUSIVE})) is None
    assert baseline(track(current), ledger({current.key: State.PASS})) is None
