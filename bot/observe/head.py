"""R2 and R5: what git says of the heads of the bot's branches and pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.branch import Identity, Together, branch_of, parse_branch
from bot.forge.interface import PullRequest, PullState
from bot.history import History
from bot.observe.landing import moved
from bot.prepare import Preparer
from bot.promotion import owned_paths
from bot.snapshot import HeadFacts
from generator.errors import InputError, OutsideError
from generator.trees.git import Git

_FOREIGN = HeadFacts(parent_on_base=False, ours=False, inputs="", touched=False)


class HeadCheck:
    """Compares heads with what the bot renders for the same promotion on the same parent, each one once."""

    def __init__(self, git: Git, preparer: Preparer) -> None:
        self._git = git
        self._preparer = preparer
        self._known: dict[tuple[str, str], HeadFacts] = {}

    def read(
        self, pulls: Iterable[PullRequest], branches: Mapping[str, str], base: str, history: History, bot: str
    ) -> dict[tuple[str, str], HeadFacts]:
        """The facts of each head by branch and commit: of open pull requests, and of the bot's `branches`.

        A commit may be the genuine head of one branch and foreign to another that somebody put there. Where only the
        head says what moves, it is asked too of what people closed, and of what the base does not show yet.
        """
        heads = {(pull.branch, pull.head) for pull in pulls if _is_asked(pull, history, bot)} | set(branches.items())
        return {
            (branch, head): self._touched(self._facts(branch, head, name, history), head, base)
            for branch, head in sorted(heads)
            if (name := parse_branch(branch))
        }

    def _facts(self, branch: str, head: str, name: Identity | Together, history: History) -> HeadFacts:
        """What is so whatever happens to the base later."""
        try:
            parents = self._git.parents(head)
        except OutsideError:  # gone with its branch
            return _FOREIGN
        if len(parents) != 1 or parents[0] not in history.positions:
            return _FOREIGN
        if (branch, head) not in self._known:
            self._known[branch, head] = self._compare(branch, head, parents[0], name, history)
        return self._known[branch, head]

    def _compare(self, branch: str, head: str, parent: str, name: Identity | Together, history: History) -> HeadFacts:
        foreign = replace(_FOREIGN, parent_on_base=True)
        if made := self._preparer.made(head):  # we made this very commit
            ours = (made.parent, made.promotion.branch) == (parent, branch)
            moves = made.promotion.identities
            return replace(foreign, ours=True, inputs=made.inputs, moves=moves) if ours else foreign
        places = [(name.environment, name.service)] if isinstance(name, Identity) else self._moved(name, parent, head)
        found = self._preparer.reproduce(head, parent, places)
        if found is None:
            return foreign
        at = history.positions[parent]
        moves = tuple(
            Identity(
                name.kind,
                *place,
                found.releases[place[1]],
                name.over12 if isinstance(name, Identity) else _over12(history, place, at),
            )
            for place in places
        )
        return replace(foreign, ours=True, inputs=found.inputs, moves=moves) if branch_of(moves) == branch else foreign

    def _moved(self, name: Together, parent: str, head: str) -> list[tuple[str, str]]:
        try:
            return moved(name.environment, self._git.changes(parent, head))
        except InputError:  # nobody can read it, and a pass has more to look at
            return []

    def _touched(self, facts: HeadFacts, head: str, base: str) -> HeadFacts:
        """With whether the base changed something that moves since."""
        paths = [path for one in facts.moves for path in owned_paths(one.environment, one.service)]
        if not paths:
            return facts
        return replace(facts, touched=bool(self._git.changes(self._git.parents(head)[0], base, *paths)))


def _is_asked(pull: PullRequest, history: History, bot: str) -> bool:
    if pull.state is PullState.OPEN:
        return True
    if not isinstance(parse_branch(pull.branch), Together):
        return False
    if pull.state is PullState.MERGED:
        return pull.merged_as not in history.positions
    return pull.closed_by != bot


def _over12(history: History, place: tuple[str, str], position: int) -> str:
    """What was in a place at a position of the base, as branches name it."""
    track = history.track(*place)
    there = [one.commit for one in track.arrivals if one.position <= position] if track else []
    return there[-1][:12] if there else "none"
