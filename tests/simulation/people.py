"""What people do meanwhile: each act is a small story that may not fit at the moment, and then nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from bot.branch import Identity, parse_branch
from bot.decide.hold import LABEL
from bot.edit import add_lift, remove_hold, set_hold, set_release
from bot.forge.interface import PullRequest, PullState, Refused
from bot.history import Arrival
from bot.simulate.behaviour import Behaviour
from generator.errors import Location
from generator.policy import HoldOrder, Lift
from generator.release import Release
from generator.repository import overlay_path, spec_path
from tests.simulation.invariants import Invariants
from tests.simulation.site import ADA, BASE, ENVIRONMENTS, PARENTS, SERVICES, Site, environment_yaml, image

T = TypeVar("T")
_TRIES = 4
_BREAKABLE = "environments/test/services/web.yaml"
_TEMPLATE = "templates/web/deployment.yaml.j2"
_BROKEN = b"release: [\n"


class People:
    """Ada and a stranger. `act` does one random thing and says which, or returns an empty text."""

    def __init__(self, site: Site, invariants: Invariants, random: Random) -> None:
        self.site = site
        self.random = random
        self._invariants = invariants
        self._forge = site.forge()
        self._made = 1
        self._mended: bytes | None = None
        self._before_rewrite: str | None = None

    def act(self) -> str:
        """Somebody does something."""
        if self._mended is not None:
            return self.mend()
        if self._before_rewrite is not None:
            return self.restore()
        acts = [act for act, weight in self._acts().items() for _ in range(weight)]
        return next((said for _ in range(_TRIES) if (said := self.random.choice(acts)())), "")

    def _acts(self) -> dict[Callable[[], str], int]:
        return {
            self.release: 4,
            self.release_bad: 4,
            self.hotfix: 1,
            self.revert: 4,
            self.lift: 1,
            self.merge: 2,
            self.close: 2,
            self.reopen: 2,
            self.push_something_else: 2,
            self.push_the_same: 2,
            self.edit_environment: 1,
            self.edit_without_rendering: 1,
            self.edit_spec: 1,
            self.edit_template: 4,
            self.comment: 1,
            self.hold: 1,
            self.label: 1,
            self.break_base: 1,
            self.rewrite: 1,
        }

    def tidy(self) -> None:
        """People take back what stops the bot, and acknowledge what they did themselves."""
        if self._mended is not None:
            self.mend()
        if self._before_rewrite is not None:
            self.restore()
        for environment in ENVIRONMENTS:
            for service in SERVICES:
                self._unhold(environment, service)
        for pull in self._open():
            self._forge.label(pull.number, remove=frozenset({LABEL}))

    # --- Releases

    def release(self) -> str:
        """A good image for the root."""
        return self.put("test", self.random.choice(SERVICES), f"ok{self._number()}")

    def release_bad(self) -> str:
        """An image for the root that fails somewhere."""
        environment, tag = self.random.choice(ENVIRONMENTS), f"bad{self._number()}"
        self.site.behaviours.append(Behaviour(environment=environment, tag=tag, errors=0.05))
        return self.put("test", self.random.choice(SERVICES), tag) + f", which fails in {environment}"

    def hotfix(self) -> str:
        """An image that no environment before has had."""
        return self.put(self.random.choice(sorted(PARENTS)), self.random.choice(SERVICES), f"ok{self._number()}")

    def release_everywhere_good(self) -> str:
        """The image that ends a simulation: nothing is wrong with it."""
        tag = f"ok{self._number()}"
        for service in SERVICES:
            self.put("test", service, tag)
        return tag

    def _number(self) -> int:
        self._made += 1
        return self._made

    def put(self, environment: str, service: str, tag: str) -> str:
        """Somebody writes a release into an overlay, and renders."""
        path = overlay_path(environment, service)
        pin = self.site.track(PARENTS[environment], service).arrivals[-1].revision if environment in PARENTS else None
        text = set_release(self.site.text(path), Release(image(service, tag), pin), path)
        return self._push({path: text}, f"{service} {tag} in {environment}")

    def revert(self) -> str:
        """The newest arrival of a place is taken back as `git revert` does it, if nothing came on top."""
        track = self.site.track(self.random.choice(ENVIRONMENTS), self.random.choice(SERVICES))
        if len(track.arrivals) < 2:
            return ""
        before, away = track.arrivals[-2:]
        if before.release == away.release:
            return ""
        bare, parent = self.site.bare, self.site.bare.parents(away.commit)[0]
        changes = bare.changes(parent, away.commit)
        if bare.changes(away.commit, self.site.head, *(change.path for change in changes)):
            return ""
        edits = {change.path: bare.blob(change.old) if change.old else None for change in changes}
        self.site.push(edits, f"Revert {track.service} in {track.environment}", render=False)
        self._invariants.check()
        if not self._is_what_parents_run(before):
            self._invariants.take_away(away, before.release)
        return f"reverts {track.service} in {track.environment}"

    def _is_what_parents_run(self, release: Arrival) -> bool:
        if release.environment not in PARENTS:
            return False
        current = self.site.track(PARENTS[release.environment], release.service).current
        return current is not None and current.release == release.release

    def lift(self) -> str:
        """Somebody lets in what was taken away."""
        if not self._invariants.bans:
            return ""
        ban = self.random.choice(self._invariants.bans)
        path = overlay_path(ban.environment, ban.service)
        text = add_lift(self.site.text(path), Lift(ADA.name, "it was not to blame", image=ban.release.image), path)
        self._invariants.allow(ban.environment, ban.service, ban.release)
        return self._push({path: text}, f"lift {ban.release.image} in {ban.environment}")

    # --- Pull requests

    def merge(self) -> str:
        """Somebody is faster than the bot."""
        return self._try(
            self._one(self._open()), "merges", lambda pull: self._forge.merge(pull.number, pull.head, "By hand")
        )

    def _merge(self, pull: PullRequest) -> None:
        self._forge.merge(pull.number, pull.head, "By hand")

    def close(self) -> str:
        """Somebody does not want it."""
        return self._try(self._one(self._open()), "closes", lambda pull: self._forge.close(pull.number))

    def reopen(self) -> str:
        """Somebody wants it after all."""
        closed = [pull for pull in self._forge.pulls() if pull.state is PullState.CLOSED]
        return self._try(self._one(closed), "reopens", lambda pull: self._forge.reopen(pull.number))

    def label(self) -> str:
        """Somebody holds a pull request, or no longer does."""

        def change(pull: PullRequest) -> None:
            label = frozenset({LABEL})
            held = LABEL in pull.labels
            self._forge.label(pull.number, add=frozenset() if held else label, remove=label if held else frozenset())

        return self._try(self._one(self._open()), "labels", change)

    def push_something_else(self) -> str:
        """A stranger puts another image into the bot's pull request."""
        pull = self._one(self._open())
        name = parse_branch(pull.branch) if pull else None
        if pull is None or name is None:
            return ""
        service = name.service if isinstance(name, Identity) else self.random.choice(SERVICES)
        path = overlay_path(name.environment, service)
        parent = self.site.bare.parents(pull.head)[0]
        text = set_release("", Release(image(service, "evil")), path)
        head = self.site.bare.commit(parent, {path: text.encode()}, "Look away", author=ADA)
        self.site.move(f"refs/heads/{pull.branch}", head)
        self._invariants.foreign[pull.number] = head
        return f"pushes something else to #{pull.number}"

    def push_the_same(self) -> str:
        """A stranger pushes the bot's tree with a message of their own: that is as good as the bot's (R2)."""
        pull = self._one(self._open())
        if pull is None or pull.number in self._invariants.foreign:
            return ""
        bare = self.site.bare
        head = bare.commit_tree(bare.tree_of(pull.head), bare.parents(pull.head), "Mine", author=ADA, date=1)
        self.site.move(f"refs/heads/{pull.branch}", head)
        return f"pushes the same to #{pull.number}"

    def _open(self) -> list[PullRequest]:
        return [pull for pull in self._forge.pulls() if pull.state is PullState.OPEN]

    def _one(self, among: Sequence[T]) -> T | None:
        return self.random.choice(among) if among else None

    def _try(self, pull: PullRequest | None, what: str, do: Callable[[PullRequest], object]) -> str:
        if pull is None:
            return ""
        try:
            do(pull)
        except Refused as refused:
            return f"{what} #{pull.number}: {refused.what}"
        return f"{what} #{pull.number}"

    # --- Edits

    def edit_environment(self) -> str:
        """An environment gets more pods: rendered files of all its services change, and are measured again."""
        return self._replicas(render=True)

    def edit_without_rendering(self) -> str:
        return self._replicas(render=False)

    def _replicas(self, *, render: bool) -> str:
        name, count = self.random.choice(ENVIRONMENTS), self.random.randint(1, 5)
        text = environment_yaml(name) + f"defaults: {{replicas: {count}}}\n"
        return self._push({f"environments/{name}/environment.yaml": text}, f"{count} replicas in {name}", render=render)

    def edit_spec(self) -> str:
        """The base spec changes: a new release of the same image is born in the root."""
        service, port = self.random.choice(SERVICES), self.random.randint(8000, 8999)
        return self._push(
            {spec_path(service): f"template: web\nvalues:\n  port: {port}\n"}, f"{service} on port {port}"
        )

    def edit_template(self) -> str:
        """The template changes: new releases of the same images are born for all services at once."""
        text, number = self.site.text(_TEMPLATE), self._number()
        kept = "".join(line for line in text.splitlines(keepends=True) if "terminationGrace" not in line)
        period = f"      terminationGracePeriodSeconds: {number}\n      containers:"
        return self._push({_TEMPLATE: kept.replace("      containers:", period, 1)}, f"{number} seconds of grace")

    def comment(self) -> str:
        """An overlay changes in a way that nobody renders."""
        path = overlay_path(self.random.choice(ENVIRONMENTS), self.random.choice(SERVICES))
        return self._push({path: f"# Note {self._number()}\n{self.site.text(path)}"}, f"a comment in {path}")

    def hold(self) -> str:
        """Somebody holds a place, or no longer does."""
        environment, service = self.random.choice(ENVIRONMENTS), self.random.choice(SERVICES)
        if said := self._unhold(environment, service):
            return said
        path = overlay_path(environment, service)
        order = HoldOrder("wait", ADA.name, None, Location(path))
        return self._push({path: set_hold(self.site.text(path), order, path)}, f"hold {service} in {environment}")

    def _unhold(self, environment: str, service: str) -> str:
        path = overlay_path(environment, service)
        text = self.site.text(path)
        if "hold:" not in text:
            return ""
        return self._push({path: remove_hold(text, path)}, f"unhold {service} in {environment}")

    def _push(self, files: dict[str, str], message: str, *, render: bool = True) -> str:
        edits = {path: text.encode() for path, text in files.items()}
        self.site.push(edits, message, render=render)
        return message

    # --- Accidents

    def break_base(self) -> str:
        """Somebody pushes what cannot be read, and mends it with their next act."""
        self._mended = self.site.text(_BREAKABLE).encode()
        self.site.push({_BREAKABLE: _BROKEN}, "Oops", render=False)
        return "breaks the base"

    def mend(self) -> str:
        assert self._mended is not None
        self.site.push({_BREAKABLE: self._mended}, "Mend", render=False)
        self._mended = None
        return "mends the base"

    @property
    def is_broken(self) -> bool:
        """Whether the base cannot be read now."""
        return self._mended is not None

    def rewrite(self) -> str:
        """Somebody forces the base back by a commit, and puts another on top; their next act is to restore it."""
        parent = self.site.bare.parents(self.site.head)[0]
        if self.site.bare.tree(parent).read(_BREAKABLE) == _BROKEN:
            return ""
        self._before_rewrite = self.site.head
        self.site.move(BASE, parent)
        self.site.push({"README.md": b"Forced\n"}, "Force", render=False)
        self._invariants.restart()
        return "rewrites the base"

    def restore(self) -> str:
        assert self._before_rewrite is not None
        self.site.move(BASE, self._before_rewrite)
        self._before_rewrite = None
        self._invariants.restart()
        return "restores the base"

    @property
    def is_rewritten(self) -> bool:
        """Whether the base is not what it was."""
        return self._before_rewrite is not None
