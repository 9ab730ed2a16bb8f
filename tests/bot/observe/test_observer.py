"""One look at everything: what cannot be asked is an answer of its own, and never keeps the rest from being seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.bare import RefUpdate
from bot.cluster.interface import Cluster, ServiceState
from bot.evidence import Stage, State, Verdict
from bot.ledger import append, read
from bot.metrics.interface import Metrics
from bot.observe.observer import Observer
from bot.record import Record, Topic
from bot.simulate.clock import SimulatedClock
from bot.simulate.world import World
from bot.snapshot import Snapshot
from generator.errors import InputError, OutsideError
from tests.bot.small import DEPLOYMENT, Small, create
from tests.fakes.forge import FakeForge, FakeServer
from tests.generator.small import FILES

TEMPLATE = "templates/web/template.yaml"
GATES = """\
gates:
  errors:
    ratio: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total, objective: 99%}
"""
PLACES = {("test", "web"), ("prod", "web")}


@dataclass
class Unsteady:
    """A cluster and metrics of which some cannot be asked; `asked` counts what the metrics were asked."""

    cluster: Cluster
    metrics: Metrics
    down: set[str] = field(default_factory=set)
    asked: int = 0

    def services(self, environment: str, names: Sequence[str]) -> Mapping[str, ServiceState]:
        self._check(environment)
        return self.cluster.services(environment, names)

    def counters(self, *arguments, **options):
        self.asked += 1
        self._check("metrics")
        return self.metrics.counters(*arguments, **options)

    def query(self, *arguments, **options):
        self.asked += 1
        self._check("metrics")
        return self.metrics.query(*arguments, **options)

    def _check(self, what: str) -> None:
        if what in self.down:
            raise OutsideError(f"{what} cannot be reached")


class Look:
    """The small repository with a gate, in simulated clusters that have run it for half an hour."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.small = Small.copy(template, folder)
        self.clock = SimulatedClock()
        world = World(self.small.git.folder, self.clock)
        world.advance(timedelta(minutes=30))
        self.outside = Unsteady(world.cluster, world.metrics)
        forge = FakeForge(FakeServer(self.small.git, self.clock.now), "towpath-bot")
        self.observer = Observer(self.small.clone, forge, self.outside, self.outside, self.small.preparer)

    def observe(self) -> Snapshot:
        return self.observer.observe(self.clock.now())

    def verdict(self, snapshot: Snapshot, environment: str) -> Verdict:
        track = snapshot.history.track(environment, "web")
        assert track and track.current
        return snapshot.verdicts[track.current.key]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return create(tmp_path_factory.mktemp("gated"), {**FILES, TEMPLATE: FILES[TEMPLATE] + GATES})


@pytest.fixture
def look(tmp_path: Path, template: Path) -> Look:
    return Look(tmp_path, template)


def test_everything_is_seen_at_once(look: Look) -> None:
    snapshot = look.observe()
    assert snapshot.head == look.small.git.head()
    assert {place: status.stage for place, status in snapshot.statuses.items()} == dict.fromkeys(PLACES, Stage.LIVE)
    assert {look.verdict(snapshot, environment).state for environment, _ in PLACES} == {State.PASS}
    assert {(*place, gate.name) for place, gates in snapshot.gates.items() for gate in gates} == {
        (*place, "errors") for place in PLACES
    }
    assert (snapshot.rewritten, snapshot.stale, snapshot.branches) == (None, frozenset(), {})


def test_a_cluster_that_cannot_be_asked_leaves_the_others_alone(look: Look) -> None:
    look.outside.down = {"prod"}
    snapshot = look.observe()
    assert snapshot.statuses["test", "web"].stage is Stage.LIVE
    unknown = snapshot.statuses["prod", "web"]
    assert (unknown.stage, unknown.message) == (Stage.UNKNOWN, "prod cannot be reached")
    assert look.verdict(snapshot, "prod").state is State.ERROR
    look.outside.down = set()
    assert look.verdict(look.observe(), "prod").state is State.PASS


def test_metrics_that_cannot_be_asked_are_an_error_and_no_verdict(look: Look) -> None:
    look.outside.down = {"metrics"}
    verdict = look.verdict(look.observe(), "test")
    assert verdict.state is State.ERROR and not verdict.state.is_final
    assert "metrics cannot be reached" in verdict.gates[0].detail


def test_what_was_recorded_is_never_measured_again(look: Look) -> None:
    first = look.observe()
    records = [Record(Topic.VERDICT, key, look.clock.now(), verdict=verdict) for key, verdict in first.verdicts.items()]
    append(look.small.clone, first.ledger, records)
    asked = look.outside.asked
    again = look.observe()
    assert (again.verdicts, look.outside.asked) == ({}, asked)
    assert again.ledger == read(look.small.git)


def test_a_rewritten_base_is_told_and_what_was_seen_stays(look: Look) -> None:
    before = look.observe()
    look.small.git.set("main", look.small.first)
    forced = look.small.git.push("main", {"README.md": b"Forced\n"})
    snapshot = look.observe()
    assert (snapshot.head, snapshot.rewritten) == (before.head, forced)
    assert snapshot.history.tracks == before.history.tracks
    look.small.git.set("main", before.head)
    assert look.observe().rewritten is None


def test_a_base_that_cannot_be_read_is_bad_input(look: Look) -> None:
    look.small.push({"environments/test/services/web.yaml": "release: [\n"}, render=False)
    with pytest.raises(InputError, match=r"web\.yaml"):
        look.observe()


def test_rendered_files_that_do_not_belong_to_their_inputs_are_seen_and_mended_ones_too(look: Look) -> None:
    look.small.push({DEPLOYMENT: "# by hand\n"}, render=False)
    assert look.observe().stale == {("prod", "web")}
    look.small.push({})
    assert look.observe().stale == frozenset()


def test_the_bots_branches_are_seen_without_its_ledger(look: Look) -> None:
    prepared = look.small.preparer.prepare(look.small.promotion(), look.small.fetch())
    assert prepared.head
    branch = prepared.promotion.branch
    look.small.clone.push([RefUpdate(f"refs/heads/{branch}", prepared.head, None)])
    append(look.small.clone, read(look.small.clone), [_record(look)])
    snapshot = look.observe()
    assert snapshot.branches == {branch: prepared.head}
    assert snapshot.heads[branch, prepared.head].ours
    assert len(snapshot.ledger.records) == 1


def test_promotions_are_prepared_on_the_base_that_was_seen(look: Look) -> None:
    snapshot, promotion = look.observe(), look.small.promotion()
    look.small.push({"README.md": "The base moves on\n"})
    assert look.observer.prepare(snapshot, [promotion]).prepared[promotion.branch].parent == snapshot.head


def _record(look: Look) -> Record:
    current = look.observe().history.tracks["test", "web"].current
    assert current
    return Record(Topic.LIVE, current.key, look.clock.now())
