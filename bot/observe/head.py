"""R2 and R5: what git says of the heads of the bot's branches and open pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.branch import Move, parse_branch
from bot.forge.interface import PullRequest, PullState
from bot.observe.landing import owned_paths
from bot.prepare import Preparer
from bot.snapshot import HeadFacts
from generator.git import Git

_FOREIGN = HeadFacts(parent_on_base=False, ours=False, inputs="", touched=False)


class HeadCheck:
    """Compares heads with what the bot renders for the same promotion on the same parent, each one once."""

    def __init__(self, git: Git, preparer: Preparer) -> None:
        self._git = git
        self._preparer = preparer
        self._ours: dict[tuple[str, str], str | None] = {}

    def read(
        self, pulls: Iterable[PullRequest], branches: Mapping[str, str], base: str, positions: Mapping[str, int]
    ) -> dict[tuple[str, str], HeadFacts]:
        """The facts of each head by branch and commit: of open pull requests, and of the bot's `branches`.

        A commit may be the genuine head of one branch and foreign to another that somebody put there.
        """
        heads = {(pull.branch, pull.head) for pull in pulls if pull.state is PullState.OPEN} | set(branches.items())
        return {
            (branch, head): self._facts(branch, head, move, base, positions)
            for branch, head in sorted(heads)
            if (move := parse_branch(branch))
        }

    def _facts(self, branch: str, head: str, move: Move, base: str, positions: Mapping[str, int]) -> HeadFacts:
        parents = self._git.parents(head)
        if len(parents) != 1 or parents[0] not in positions:
            return _FOREIGN
        key = (branch, head)
        if key not in self._ours:
            self._ours[key] = self._preparer.inputs_if_ours(head, parents[0], move)
        inputs = self._ours[key]
        touched = bool(self._git.changes(parents[0], base, *owned_paths(move.environment, move.service)))
        return HeadFacts(parent_on_base=True, ours=inputs is not None, inputs=inputs or "", touched=touched)
