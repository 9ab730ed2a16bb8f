"""A forge in memory, over a real repository for commits: it enforces the rules of a forge and fails on request.

`FakeServer` is the forge, shared by all who talk to it; `FakeForge` is one account's connection, on which faults
happen: a request that never arrives, an answer that gets lost after the effect, a rate limit, a read that is behind.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import TypeVar

from bot.bare import Bare, Conflict, Identity, RefUpdate
from bot.forge.interface import Approval, Comment, PullRequest, PullState, Refused, Status
from bot.forge.rules import check_base, check_head, check_not_merged, check_open, check_text, check_title
from bot.trailers import PULL, Trailer, with_trailers
from generator.errors import OutsideError, UsageError

_T = TypeVar("_T")


class Fault(Enum):
    """What goes wrong with one request."""

    BEFORE = "the request never arrived"
    AFTER = "the answer got lost"
    LIMITED = "429 too many requests"
    STALE = "the answer is behind"


@dataclass
class FakeServer:
    """All pull requests of one repository. `past` is what they were before the last write."""

    bare: Bare
    clock: Callable[[], datetime]
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    past: dict[int, PullRequest] = field(default_factory=dict)
    statuses: dict[str, dict[str, Status]] = field(default_factory=dict)

    def read(self) -> dict[int, PullRequest]:
        """All pull requests as they are now: the head of an open one is where its branch stands."""
        for number, pull in self.pulls.items():
            head = self.branch(pull.branch) if pull.state is PullState.OPEN else None
            if head and head != pull.head:
                self.pulls[number] = replace(pull, head=head)
                self.keep_head(self.pulls[number])
        return {
            number: replace(pull, statuses=tuple(self.statuses.get(pull.head, {}).values()))
            for number, pull in self.pulls.items()
        }

    def get(self, number: int) -> PullRequest:
        if number not in self.pulls:
            raise UsageError(f"there is no pull request #{number}")
        return self.read()[number]

    def write(self, pull: PullRequest) -> PullRequest:
        self.past = self.read()
        self.pulls[pull.number] = pull
        self.keep_head(pull)
        return pull

    def branch(self, name: str) -> str | None:
        return self.bare.ref(f"refs/heads/{name}")

    def move(self, ref: str, new: str | None, old: str | None) -> None:
        with self.bare.locked() as lock:
            self.bare.update_refs([RefUpdate(ref, new, old)], lock)

    def keep_head(self, pull: PullRequest) -> None:
        ref = f"refs/pull/{pull.number}/head"
        if self.bare.ref(ref) != pull.head:
            self.move(ref, pull.head, self.bare.ref(ref))


class FakeForge:
    """One account's connection to a `FakeServer`; `faults` says, for the name of a method, what goes wrong with it."""

    def __init__(self, server: FakeServer, user: str, faults: Callable[[str], Fault | None] = lambda _: None) -> None:
        self.server = server
        self.user = user
        self.faults = faults

    def _request(self, name: str, effect: Callable[[], _T], stale: Callable[[], _T] | None = None) -> _T:
        fault = self.faults(name)
        if fault in (Fault.BEFORE, Fault.LIMITED):
            raise OutsideError(f"{name}: {fault.value}")
        if fault is Fault.STALE and stale is not None:
            return stale()
        result = effect()
        if fault is Fault.AFTER:
            raise OutsideError(f"{name}: {fault.value}")
        return result

    def _change(self, name: str, number: int, change: Callable[[PullRequest], PullRequest]) -> PullRequest:
        return self._request(name, lambda: self.server.write(change(self.server.get(number))))

    def pulls(self) -> tuple[PullRequest, ...]:
        def ordered(pulls: dict[int, PullRequest]) -> tuple[PullRequest, ...]:
            return tuple(pulls[number] for number in sorted(pulls))

        return self._request("pulls", lambda: ordered(self.server.read()), lambda: ordered(self.server.past))

    def pull(self, number: int) -> PullRequest:
        return self._request("pull", lambda: self.server.get(number))

    def open(self, branch: str, base: str, title: str, body: str, labels: frozenset[str] = frozenset()) -> PullRequest:
        return self._request("open", lambda: self._open(branch, base, title, body, labels))

    def _open(self, branch: str, base: str, title: str, body: str, labels: frozenset[str]) -> PullRequest:
        check_title(title)
        check_text(body)
        for pull in self.server.read().values():
            if (pull.branch, pull.base, pull.state) == (branch, base, PullState.OPEN):
                return pull
        head = self._head_with_changes(branch, base)
        number, now = len(self.server.pulls) + 1, self.server.clock()
        return self.server.write(
            PullRequest(number, title, body, self.user, branch, base, head, PullState.OPEN, now, labels)
        )

    def _head_with_changes(self, branch: str, base: str) -> str:
        head, onto = self.server.branch(branch), self.server.branch(base)
        if head is None or onto is None:
            raise Refused("no such branch")
        if self.server.bare.is_ancestor(head, onto):
            raise Refused("no commits between the branches")
        return head

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        check_title("as it is" if title is None else title)
        check_text(body or "")
        return self._change(
            "edit",
            number,
            lambda pull: replace(
                pull, title=pull.title if title is None else title, body=pull.body if body is None else body
            ),
        )

    def comment(self, number: int, text: str) -> None:
        check_text(text)
        comment = Comment(self.user, self.server.clock(), text)
        self._change("comment", number, lambda pull: replace(pull, comments=(*pull.comments, comment)))

    def approve(self, number: int, head: str) -> None:
        def approved(pull: PullRequest) -> PullRequest:
            check_open(pull, "approve")
            check_head(pull, head)
            others = [a for a in pull.approvals if (a.author, a.commit) != (self.user, head)]
            return replace(pull, approvals=(*others, Approval(self.user, self.server.clock(), head)))

        self._change("approve", number, approved)

    def label(self, number: int, add: frozenset[str] = frozenset(), remove: frozenset[str] = frozenset()) -> None:
        self._change("label", number, lambda pull: replace(pull, labels=(pull.labels | add) - remove))

    def close(self, number: int) -> None:
        def closed(pull: PullRequest) -> PullRequest:
            check_not_merged(pull, "closed")
            return replace(pull, state=PullState.CLOSED, closed_by=pull.closed_by or self.user)

        self._change("close", number, closed)

    def reopen(self, number: int) -> None:
        def reopened(pull: PullRequest) -> PullRequest:
            check_not_merged(pull, "opened again")
            if pull.state is PullState.OPEN:
                return pull
            others = (other for other in self.server.read().values() if other.state is PullState.OPEN)
            if any((other.branch, other.base) == (pull.branch, pull.base) for other in others):
                raise Refused("another one is open for this branch")
            head = self._head_with_changes(pull.branch, pull.base)
            return replace(pull, state=PullState.OPEN, closed_by=None, head=head)

        self._change("reopen", number, reopened)

    def set_status(self, commit: str, status: Status) -> None:
        def effect() -> None:
            if self.server.bare.resolve(commit) != commit:
                raise Refused(f"no commit {commit}")
            self.server.past = self.server.read()
            self.server.statuses.setdefault(commit, {})[status.context] = status

        self._request("set_status", effect)

    def delete_branch(self, branch: str, expected: str) -> None:
        def effect() -> None:
            if any(pull.base == branch for pull in self.server.read().values()):
                raise Refused(f"{branch} is a base branch")
            stands_at = self.server.branch(branch)
            if stands_at not in (None, expected):
                raise Refused(f"{branch} is not at {expected}")
            if stands_at:
                self.server.move(f"refs/heads/{branch}", None, expected)

        self._request("delete_branch", effect)

    def merge(self, number: int, head: str, message: str, *, base: str | None = None) -> str:
        return self._request("merge", lambda: self._merge(self.server.get(number), head, message, base))

    def _merge(self, pull: PullRequest, head: str, message: str, expected: str | None) -> str:
        if pull.merged_as and pull.head == head:
            return pull.merged_as
        check_open(pull, "merge")
        check_head(pull, head)
        bare, base = self.server.bare, check_base(pull, self.server.branch(pull.base), expected)
        try:
            tree = bare.merge_trees(base, head)
        except Conflict as conflict:
            raise Refused(conflict.what) from conflict
        if tree == bare.tree_of(base):
            raise Refused("nothing to merge")
        author = Identity(self.user, "somebody@forge.invalid")
        text = with_trailers(message, [Trailer(PULL, str(pull.number))])
        date = int(self.server.clock().timestamp())
        commit = bare.commit_tree(tree, [base], text, author=author, date=date)
        self.server.move(f"refs/heads/{pull.base}", commit, base)
        self.server.write(replace(pull, state=PullState.MERGED, merged_as=commit))
        return commit
