"""The local forge: the port's operations on one bare repository. Names of people are not authenticated.

The base ref is the truth. A merge is written in three steps, each of which may be the last before a crash: the
commit that is about to land is noted in the pull request, the base moves to it, the pull request is marked as
merged. Whoever reads next sees by the base how far it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.bare import Bare, Conflict, Identity, RefsMoved, RefUpdate
from bot.clock import SystemClock
from bot.forge.interface import Approval, Comment, PullRequest, PullState, Refused, Status
from bot.forge.local.state import Landing, Stored
from bot.forge.local.store import Refs, Store
from bot.forge.rules import check_base, check_head, check_not_merged, check_open, check_text, check_title
from bot.trailers import PULL, Trailer, with_trailers
from generator.errors import InputError, OutsideError, UsageError

# Developers push to this repository too: a lock file is left behind only when it is older than any push holds one.
_STALE_AFTER = 5.0
_ATTEMPTS = 8


class LocalForge:
    """Pull requests in the bare repository `folder`, acting as `user`.

    `clock` dates what is done here, by default this machine's. `step` is called between any two effects: a seam for
    tests that stop there.
    """

    def __init__(
        self,
        folder: Path,
        user: str,
        *,
        clock: Callable[[], datetime] | None = None,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        if not (folder / "HEAD").is_file():
            raise InputError(
                f"{folder} is not a bare git repository",
                next="the local forge lives in the bare repository that is the checkout's origin: "
                f"git init --bare {folder}",
            )
        self.user = user
        self._identity = Identity(user, f"{_slug(user)}@users.noreply.towpath.invalid")
        self._bare = Bare(folder, stale_after=_STALE_AFTER)
        self._store = Store(self._bare)
        self._clock = clock or SystemClock().now
        self._step = step

    # --- Reading

    def pulls(self) -> Sequence[PullRequest]:
        """All pull requests of any state, by number."""
        # A push that died must not block those of the next pass.
        self._bare.sweep()
        refs = self._store.refs()
        pulls = [self._load(number, refs).pull for number in refs.numbers()]
        self._store.keep_heads(pulls, refs)
        return tuple(pulls)

    def pull(self, number: int) -> PullRequest:
        """One pull request; raises `UsageError` when there is none of that number."""
        refs = self._store.refs()
        pull = self._load(number, refs).pull
        self._store.keep_heads([pull], refs)
        return pull

    def _load(self, number: int, refs: Refs) -> Stored:
        stored = self._store.pull(number, refs)
        if stored is None:
            raise UsageError(f"there is no pull request #{number}", next="see them all: towpath pr list")
        return stored

    # --- Writing

    @contextmanager
    def _writing(self) -> Iterator[tuple[Refs, int]]:
        with self._bare.locked() as lock:
            self._bare.remove_stale_locks()
            yield self._store.refs(), lock

    def _change(self, number: int, change: Callable[[PullRequest], PullRequest]) -> PullRequest:
        with self._writing() as (refs, lock):
            pull = change(self._load(number, refs).pull)
            self._step("save")
            self._store.save(Stored(pull), refs, lock)
        return pull

    def open(self, branch: str, base: str, title: str, body: str, labels: frozenset[str] = frozenset()) -> PullRequest:
        """Open a pull request for a branch that was pushed before. With one open for that branch: that one."""
        check_title(title)
        check_text(body)
        with self._writing() as (refs, lock):
            if found := self._open_for(branch, base, refs):
                return found
            head = self._new_head(branch, base, refs)
            number = max(refs.numbers(), default=0) + 1
            pull = PullRequest(
                number=number,
                title=title,
                body=body,
                author=self.user,
                branch=branch,
                base=base,
                head=head,
                state=PullState.OPEN,
                opened_at=self._clock(),
                labels=labels,
            )
            self._step("save")
            self._store.save(Stored(pull), refs, lock)
        return self.pull(number)

    def _open_for(self, branch: str, base: str, refs: Refs) -> PullRequest | None:
        pulls = (self._load(number, refs).pull for number in reversed(refs.numbers()))
        matching = (pull for pull in pulls if pull.branch == branch and pull.base == base)
        return next((pull for pull in matching if pull.state is PullState.OPEN), None)

    def _new_head(self, branch: str, base: str, refs: Refs) -> str:
        head, onto = refs.branch(branch), refs.branch(base)
        if head is None or onto is None:
            raise Refused(f"there is no branch {branch if head is None else base}", next="push it first")
        if self._bare.is_ancestor(head, onto):
            raise Refused(f"{branch} has nothing that {base} does not have")
        return head

    def edit(self, number: int, *, title: str | None = None, body: str | None = None) -> PullRequest:
        """Replace title or body."""
        if title is not None:
            check_title(title)
        if body is not None:
            check_text(body)
        return self._change(
            number,
            lambda pull: replace(
                pull,
                title=pull.title if title is None else title,
                body=pull.body if body is None else body,
            ),
        )

    def comment(self, number: int, text: str) -> None:
        """Add a comment."""
        check_text(text)
        comment = Comment(self.user, self._clock(), text)
        self._change(number, lambda pull: replace(pull, comments=(*pull.comments, comment)))

    def approve(self, number: int, head: str) -> None:
        """Approve exactly this head; refused when the head has moved."""
        approval = Approval(self.user, self._clock(), head)

        def approved(pull: PullRequest) -> PullRequest:
            check_open(pull, "approve")
            check_head(pull, head)
            others = tuple(a for a in pull.approvals if (a.author, a.commit) != (self.user, head))
            return replace(pull, approvals=(*others, approval))

        self._change(number, approved)

    def label(self, number: int, add: frozenset[str] = frozenset(), remove: frozenset[str] = frozenset()) -> None:
        """Add and remove labels."""
        self._change(number, lambda pull: replace(pull, labels=(pull.labels | add) - remove))

    def close(self, number: int) -> None:
        """Close without a merge."""

        def closed(pull: PullRequest) -> PullRequest:
            check_not_merged(pull, "closed")
            by = pull.closed_by or self.user
            return replace(pull, state=PullState.CLOSED, closed_by=by)

        self._change(number, closed)

    def reopen(self, number: int) -> None:
        """Open again what was closed without a merge; refused when its branch is gone or has another one open."""
        with self._writing() as (refs, lock):
            pull = self._load(number, refs).pull
            check_not_merged(pull, "opened again")
            if pull.state is PullState.OPEN:
                return
            if other := self._open_for(pull.branch, pull.base, refs):
                raise Refused(f"#{other.number} is open for {pull.branch} already")
            head = self._new_head(pull.branch, pull.base, refs)
            reopened = replace(pull, state=PullState.OPEN, closed_by=None, head=head)
            self._store.save(Stored(reopened), refs, lock)

    def set_status(self, commit: str, status: Status) -> None:
        """Set a commit status, replacing the one of the same context."""
        if self._bare.resolve(commit) != commit:
            raise Refused(f"there is no commit {commit}", next="push it first")
        with self._writing() as (refs, lock):
            self._step("status")
            self._store.save_status(commit, status, refs, lock)

    def delete_branch(self, branch: str, expected: str) -> None:
        """Delete a head branch if it stands at `expected`; nothing when it is gone already."""
        with self._writing() as (refs, lock):
            stands_at = refs.branch(branch)
            pulls = [self._load(number, refs).pull for number in refs.numbers()]
            if any(pull.base == branch for pull in pulls):
                raise Refused(f"{branch} is a base branch")
            if stands_at is None:
                return
            if stands_at != expected:
                raise Refused(f"{branch} stands at {stands_at[:12]} now, not at {expected[:12]}")
            for pull in pulls:
                if pull.branch == branch and pull.state is PullState.OPEN:
                    self._store.save(Stored(pull), refs, lock)
            self._step("delete")
            self._bare.update_refs([RefUpdate(f"refs/heads/{branch}", None, expected)], lock)

    # --- Merging

    def merge(self, number: int, head: str, message: str, *, base: str | None = None) -> str:
        """Land the pull request as one commit on the base and return its id; the port says when it is refused."""
        with self._writing() as (refs, lock):
            for _ in range(_ATTEMPTS):
                pull = self._load(number, refs).pull
                if pull.state is PullState.MERGED and pull.head == head and pull.merged_as:
                    return pull.merged_as
                check_open(pull, "merge")
                check_head(pull, head)
                onto = check_base(pull, refs.branch(pull.base), base)
                try:
                    return self._land(pull, onto, message, refs, lock)
                except RefsMoved:
                    # Somebody pushed to the base or the branch by plain git, which knows nothing of our lock.
                    refs = self._store.refs()
        raise OutsideError(f"{pull.base} moves faster than #{number} can be merged", next="try again")

    def _land(self, pull: PullRequest, base: str, message: str, refs: Refs, lock: int) -> str:
        commit = self._squash(pull, base, message)
        self._step("note")
        self._store.save(Stored(pull, Landing(commit, pull.head)), refs, lock)
        self._step("land")
        self._bare.update_refs([RefUpdate(f"refs/heads/{pull.base}", commit, base)], lock)
        self._step("mark")
        merged = replace(pull, state=PullState.MERGED, merged_as=commit)
        self._store.save(Stored(merged), self._store.refs(), lock)
        return commit

    def _squash(self, pull: PullRequest, base: str, message: str) -> str:
        """One commit on the base that brings what the head brings."""
        try:
            tree = self._bare.merge_trees(base, pull.head)
        except Conflict as conflict:
            raise Refused(f"#{pull.number}: {conflict.what}", next=conflict.next) from conflict
        if tree == self._bare.tree_of(base):
            raise Refused(f"#{pull.number} brings nothing that {pull.base} does not have", next="close it")
        text = with_trailers(message, [Trailer(PULL, str(pull.number))])
        date = int(self._clock().timestamp())
        return self._bare.commit_tree(tree, [base], text, author=self._identity, date=date)


def _slug(user: str) -> str:
    return "-".join(re.findall("[a-z0-9]+", user.lower())) or "somebody"
