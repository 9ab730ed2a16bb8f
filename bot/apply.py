"""Carry out actions one by one, each guarded by what it was decided on.

Nothing here decides. A guard that fails (a branch or the base moved, the inputs changed) leaves the world as it is
and says so in the outcome: the next pass observes again and decides anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatchmethod

from bot.action import (
    Action,
    ClosePullRequest,
    DeleteBranch,
    Merge,
    Notify,
    OpenPullRequest,
    SetStatus,
    UpdatePullRequest,
    WriteRecords,
)
from bot.forge.interface import Forge, PullState, Refused
from bot.git import Clone, PushRejected, RefUpdate
from bot.hold import Hold
from bot.ledger import append
from bot.outcome import Outcome, Result
from bot.prepare import Preparer
from bot.promotion import Promotion, owned_paths, owners
from bot.record import Ledger
from generator.errors import TowpathError


class Overtaken(Exception):
    """What the action was decided on is no longer so."""


@dataclass(slots=True)
class Applier:
    """Applies actions to the forge, the remote repository and the ledger.

    `before` is called ahead of every effect: a seam for tests that stop the process there.
    """

    clone: Clone
    forge: Forge
    preparer: Preparer
    ledger: Ledger
    branch: str
    notify: Callable[[Notify], None]
    before: Callable[[str], None] = lambda _: None

    def apply(self, actions: Sequence[Action]) -> tuple[Outcome, ...]:
        """Apply all actions in order; a failure of one does not keep the others from being tried."""
        return tuple(self._outcome(action) for action in actions if not isinstance(action, Hold))

    def _outcome(self, action: Action) -> Outcome:
        try:
            return Outcome(action, Result.DONE, self._carry_out(action))
        except (Overtaken, PushRejected, Refused) as overtaken:
            return Outcome(action, Result.OVERTAKEN, str(overtaken))
        except TowpathError as failed:
            return Outcome(action, Result.FAILED, str(failed))

    @singledispatchmethod
    def _carry_out(self, action: object) -> str:
        raise TypeError(f"no way to carry out {action!r}")

    @_carry_out.register
    def _(self, action: OpenPullRequest) -> str:
        head, branch = _head(action.prepared.head), action.prepared.promotion.branch
        self._push(RefUpdate(f"refs/heads/{branch}", head, action.expected))
        self.before("open")
        # R1: another bot may have brought it to its end since this was decided.
        if any((pull.branch, pull.head, pull.state) == (branch, head, PullState.MERGED) for pull in self.forge.pulls()):
            raise Overtaken(f"{branch} has landed meanwhile")
        return f"#{self.forge.open(branch, self.branch, action.title, action.body).number}"

    @_carry_out.register
    def _(self, action: UpdatePullRequest) -> str:
        if action.prepared is not None:
            branch = action.prepared.promotion.branch
            self._push(RefUpdate(f"refs/heads/{branch}", _head(action.prepared.head), action.expected))
        if action.body is not None:
            self.before("edit")
            self.forge.edit(action.number, body=action.body)
        return f"#{action.number}"

    @_carry_out.register
    def _(self, action: ClosePullRequest) -> str:
        self.before("close")
        pull = self.forge.pull(action.number)
        if pull.head != action.expected:
            raise Overtaken(f"#{action.number} stands at {pull.head[:12]} now")
        self.forge.close(action.number)
        self.before("delete-branch")
        self.forge.delete_branch(pull.branch, action.expected)
        return f"#{action.number}"

    @_carry_out.register
    def _(self, action: Merge) -> str:
        """R4 and R5: what lands is rendered and validated once more on the newest base, just before."""
        self.before("merge")
        base, decided = self.clone.fetch(), action.prepared
        for change in self.clone.changes(decided.parent, base):
            if _rests_on(decided.promotion, change.path):
                raise Overtaken(f"{change.path} changed while #{action.number} was decided on")
        now = self.preparer.prepare(decided.promotion, base)
        if now.inputs != decided.inputs:
            raise Overtaken(f"the inputs of #{action.number} changed")
        if now.head is None or (now.blocking and decided.blocking != now.blocking):
            raise Overtaken(f"#{action.number} no longer validates on {base[:12]}")
        return self.forge.merge(action.number, action.head, action.message, base=base)

    @_carry_out.register
    def _(self, action: DeleteBranch) -> str:
        self.before("delete-branch")
        self.forge.delete_branch(action.branch, action.expected)
        return action.branch

    @_carry_out.register
    def _(self, action: WriteRecords) -> str:
        self.before("ledger")
        self.ledger = append(self.clone, self.ledger, action.records)
        return f"{len(action.records)} records"

    @_carry_out.register
    def _(self, action: SetStatus) -> str:
        self.before("status")
        self.forge.set_status(action.commit, action.status)
        return action.status.description

    @_carry_out.register
    def _(self, action: Notify) -> str:
        self.notify(action)
        self.before("ledger")
        self.ledger = append(self.clone, self.ledger, [action.record])
        return action.text

    def _push(self, update: RefUpdate) -> None:
        self.before("push")
        self.clone.push([update])


def _rests_on(promotion: Promotion, path: str) -> bool:
    """Whether a promotion rests on what is in a file: holds, releases, lifts and policy, anywhere in the pipeline.

    The base may have moved on otherwise: merges of other services change nothing of it.
    """
    return (
        path == "towpath.yaml"
        or path.endswith(("/environment.yaml", *(f"/services/{service}.yaml" for service in promotion.services)))
        or any(owners(path) & set(owned_paths(promotion.environment, service)) for service in promotion.services)
    )


def _head(head: str | None) -> str:
    if head is None:
        raise Overtaken("nothing was rendered for it")
    return head
