"""Where a simulation plays: a bare repository of two services in three environments, a forge, clusters, a clock.

The files are as few as the rules need, so that a pass takes milliseconds: what is rendered is not the point here.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from bot.bare import Bare, Identity, RefUpdate
from bot.history import History, Track
from bot.ledger import read
from bot.observe.history import HistoryReader
from bot.record import Ledger
from bot.simulate.behaviour import Behaviour
from bot.simulate.clock import SimulatedClock
from bot.simulate.world import Scenario, Timing, World
from generator.repository import overlay_path
from generator.resolving.pins import Pins
from generator.trees.tree import DiskTree
from tests.bot.small import rendered
from tests.fakes.forge import FakeForge, FakeServer
from tests.generator.small import FILES as SMALL

ENVIRONMENTS = ("test", "staging", "prod")
PARENTS: Mapping[str, str] = {"staging": "test", "prod": "staging"}
SERVICES = ("cart", "web")
BASE = "refs/heads/main"
BOT = "towpath-bot"
ADA = Identity("ada", "ada@example.com")

_GATES = """\
gates:
  errors:
    ratio: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total, objective: 99.5%}
"""
_POLICY = {
    "test": "verify: {deadline: 40m, onFail: hold}\n",
    "staging": "after: [test]\nverify: {deadline: 40m}\n",
    "prod": "after: [staging]\npromotion: {soak: 10m}\nverify: {deadline: 40m}\n",
}


def image(service: str, tag: str) -> str:
    """The image of a service as overlays write it."""
    return f"ghcr.io/acme/{service}:{tag}"


def overlay(service: str, tag: str, revision: str | None = None) -> str:
    """An overlay that says nothing but the release."""
    pin = f"  revision: {revision}\n" if revision else ""
    return f"release:\n  image: {image(service, tag)}\n{pin}"


def environment_yaml(name: str) -> str:
    """The `environment.yaml` of an environment."""
    return f'cluster: {{name: {name}, kubernetesVersion: "1.34", controller: flux}}\nnamespace: shop\n{_POLICY[name]}'


def create(folder: Path) -> Path:
    """A bare repository in `folder` with everything rendered, and promoted releases pinned to its first commit."""
    (folder / "nothing").mkdir(parents=True)
    bare = Bare(folder / "origin.git")
    bare.folder.mkdir()
    bare.run("init", "--quiet", "--bare", "--initial-branch=main")
    start = int(SimulatedClock().now().timestamp()) - 3600
    edits = rendered(DiskTree(folder / "nothing"), Pins(None, None), _files())
    first = bare.commit(None, edits, "Start", author=ADA, date=start)
    pins = {
        overlay_path(name, service): overlay(service, "ok1", first).encode() for name in PARENTS for service in SERVICES
    }
    second = bare.commit(first, rendered(bare.tree(first), Pins(bare, first), pins), "Pin", author=ADA, date=start + 60)
    with bare.locked() as lock:
        bare.update_refs([RefUpdate(BASE, second, None)], lock)
    bare.close()
    return bare.folder


def _files() -> dict[str, bytes | None]:
    found = {path: text for path, text in SMALL.items() if not path.startswith("environments/")}
    found["templates/web/template.yaml"] += _GATES
    for service in SERVICES:
        found[f"environments/base/services/{service}.yaml"] = "template: web\nvalues:\n  port: 8080\n"
        found |= {overlay_path(name, service): overlay(service, "ok1") for name in ENVIRONMENTS}
    found |= {f"environments/{name}/environment.yaml": environment_yaml(name) for name in ENVIRONMENTS}
    return {path: text.encode() for path, text in found.items()}


class Site:
    """One simulation's own copy of all of it. Time passes only in `wait`."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        shutil.copytree(template, folder / "origin.git")
        self.bare = Bare(folder / "origin.git")
        self.clock = SimulatedClock()
        self.server = FakeServer(self.bare, self.clock.now)
        self.behaviours = [Behaviour(requests=600)]
        scenario = Scenario(behaviours=self.behaviours, timing=Timing(timedelta(seconds=10), timedelta(seconds=20)))  # type: ignore[arg-type]  # a list, so that it may grow
        self.world = World(self.bare.folder, self.clock, scenario)
        self._history = HistoryReader(self.bare)

    def close(self) -> None:
        """End the git processes of this simulation."""
        self.bare.close()

    # --- Time and people

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.world.advance(span)

    def forge(self, user: str = ADA.name) -> FakeForge:
        """The forge as somebody sees it for whom nothing ever fails."""
        return FakeForge(self.server, user)

    def push(self, edits: Mapping[str, bytes | None], message: str, *, render: bool = True) -> str:
        """Somebody commits to the base, rendered or not."""
        head = self.head
        if render:
            edits = rendered(self.bare.tree(head), Pins(self.bare, head), edits)
        date = int(self.clock.now().timestamp())
        commit = self.bare.commit(head, edits, message, author=ADA, date=date)
        self.move(BASE, commit)
        return commit

    def move(self, ref: str, commit: str | None) -> None:
        """Put a ref somewhere, by force."""
        self.server.move(ref, commit, self.bare.ref(ref))

    # --- What is so

    @property
    def head(self) -> str:
        """Where the base stands."""
        head = self.bare.ref(BASE)
        assert head
        return head

    def text(self, path: str) -> str:
        """A file at the head of the base."""
        content = self.bare.tree(self.head).read(path)
        assert content is not None
        return content.decode()

    def history(self) -> History:
        """What the base says that environments have held."""
        return self._history.read(self.head)

    def track(self, environment: str, service: str) -> Track:
        """What an environment has held of a service."""
        track = self.history().track(environment, service)
        assert track is not None
        return track

    def tag(self, environment: str, service: str) -> str:
        """The tag that an environment is released at."""
        line = next(line for line in self.text(overlay_path(environment, service)).splitlines() if "image:" in line)
        return line.rpartition(":")[2]

    def ledger(self) -> Ledger:
        """Everything that has been recorded."""
        return read(self.bare)
