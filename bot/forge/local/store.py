"""Where the local forge keeps things: refs of a bare repository, each pointing at a blob with one document.

`refs/towpath/pulls/<n>` is a pull request, `refs/pull/<n>/head` keeps its head alive, `refs/towpath/statuses/<commit>`
holds what checks say of a commit. Reading writes nothing, except that the head refs follow the branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.bare import Bare, RefsMoved, RefUpdate
from bot.forge.interface import PullRequest, PullState, Status
from bot.forge.local.state import Stored, format_pull, format_statuses, parse_pull, parse_statuses

_PULLS = "refs/towpath/pulls"
_STATUSES = "refs/towpath/statuses"


@dataclass(frozen=True, slots=True)
class Refs:
    """All refs of the repository at one moment."""

    ids: Mapping[str, str]

    def branch(self, name: str) -> str | None:
        """The commit a branch stands at."""
        return self.ids.get(f"refs/heads/{name}")

    def numbers(self) -> list[int]:
        """The numbers of all pull requests, in order."""
        return sorted(int(ref.removeprefix(_PULLS + "/")) for ref in self.ids if ref.startswith(_PULLS + "/"))


class Store:
    """Reads and writes the documents; what was parsed once is kept, since a blob never changes."""

    def __init__(self, bare: Bare) -> None:
        self._bare = bare
        self._parsed: dict[str, Stored] = {}

    def refs(self) -> Refs:
        """Everything as of now."""
        return Refs(self._bare.refs("refs/heads", "refs/pull", "refs/towpath"))

    def pull(self, number: int, refs: Refs) -> Stored | None:
        """A pull request as it is now: a merge that got through is merged, an open one stands at its branch's head."""
        ref = f"{_PULLS}/{number}"
        blob = refs.ids.get(ref)
        if blob is None:
            return None
        if blob not in self._parsed:
            self._parsed[blob] = parse_pull(ref, self._bare.blob(blob))
        stored = self._settled(self._parsed[blob], refs)
        return replace(stored, pull=replace(stored.pull, statuses=self.statuses(stored.pull.head, refs)))

    def _settled(self, stored: Stored, refs: Refs) -> Stored:
        """The base is the truth: a landing that it holds was merged, one that it does not hold never happened."""
        pull, landing = stored.pull, stored.landing
        if pull.state is not PullState.OPEN:
            return stored
        base = refs.branch(pull.base)
        if landing and base and self._bare.is_ancestor(landing.commit, base):
            merged = replace(pull, state=PullState.MERGED, merged_as=landing.commit, head=landing.head)
            return Stored(merged)
        kept = refs.ids.get(_head_ref(pull.number), pull.head)
        return Stored(replace(pull, head=refs.branch(pull.branch) or kept))

    def save(self, stored: Stored, refs: Refs, lock: int) -> None:
        """Write a pull request over what `refs` showed of it. Raises `RefsMoved`."""
        ref, head_ref = f"{_PULLS}/{stored.pull.number}", _head_ref(stored.pull.number)
        blob = self._bare.store(format_pull(stored))
        updates = [RefUpdate(ref, blob, refs.ids.get(ref))]
        if refs.ids.get(head_ref) != stored.pull.head:
            updates.append(RefUpdate(head_ref, stored.pull.head, refs.ids.get(head_ref)))
        self._bare.update_refs(updates, lock)

    def keep_heads(self, pulls: list[PullRequest], refs: Refs) -> None:
        """Let `refs/pull/<n>/head` follow the branches of open pull requests."""
        moved = [
            RefUpdate(_head_ref(pull.number), pull.head, refs.ids.get(_head_ref(pull.number)))
            for pull in pulls
            if pull.state is PullState.OPEN and refs.ids.get(_head_ref(pull.number)) != pull.head
        ]
        if moved:
            # When somebody writes at the same time, whoever reads next catches up.
            with self._bare.locked() as lock, suppress(RefsMoved):
                self._bare.remove_stale_locks()
                self._bare.update_refs(moved, lock)

    def statuses(self, commit: str, refs: Refs) -> tuple[Status, ...]:
        """What checks say of a commit, by context."""
        ref = f"{_STATUSES}/{commit}"
        blob = refs.ids.get(ref)
        return tuple(parse_statuses(ref, self._bare.blob(blob)).values()) if blob else ()

    def save_status(self, commit: str, status: Status, refs: Refs, lock: int) -> None:
        """Write one status of a commit, replacing the one of its context."""
        ref = f"{_STATUSES}/{commit}"
        known = {known.context: known for known in self.statuses(commit, refs)}
        blob = self._bare.store(format_statuses({**known, status.context: status}))
        self._bare.update_refs([RefUpdate(ref, blob, refs.ids.get(ref))], lock)


def _head_ref(number: int) -> str:
    return f"refs/pull/{number}/head"
