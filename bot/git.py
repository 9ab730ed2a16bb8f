"""Follow a remote repository in a bare clone, and push to it without overwriting what has not been seen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.bare import (
    BOT,
    CONFIGURATION,
    LOCK,
    Bare,
    Conflict,
    Identity,
    RefsMoved,
    RefUpdate,
    commit_id,
    configuration,
)
from bot.refs import valid_ref, write_ref
from generator.errors import HeldError, InputError, OutsideError, redact
from generator.trees.git import Git
from generator.trees.git_error import GitError

__all__ = [
    "BOT",
    "LEDGER",
    "Bare",
    "BaseRewritten",
    "Clone",
    "Conflict",
    "Identity",
    "PushRejected",
    "RefUpdate",
    "RefsMoved",
    "remote_url",
    "valid_ref",
]

LEDGER = "refs/heads/towpath/ledger"
_OWN_REFS = "refs/heads/towpath"

# How git says that a ref was not where the lease expects it, on our side or on the remote's.
_RACES = (
    "stale info",
    "fetch first",
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value",
    "atomic transaction failed",
)
# Credential helpers are found in the settings of the person and the machine.
_WITH_SETTINGS: dict[str, str] = {}


class PushRejected(RefsMoved):
    """A push whose lease failed; the remote is as it was."""


class BaseRewritten(HeldError):
    """The base branch was replaced by a history that does not contain what was seen of it before."""

    def __init__(self, old: str, new: str, clone: Path) -> None:
        self.old, self.new = old, new
        super().__init__(
            f"the base branch was rewritten: {new[:12]} does not contain {old[:12]}, which was its head before",
            next=f"restore the branch, or remove {clone} when the new history is meant",
        )


class Clone(Bare):
    """A cache of a remote repository in a folder of its own. Removing the folder is always safe.

    `remote` is a path or an https, ssh or file URL; `base` the branch that everything lands on. Only fetching and
    pushing read the settings of the user and the machine, because credential helpers are found there. `made` counts
    how often the folder was filled anew: commits that were only here are gone then.
    """

    def __init__(self, folder: Path, remote: str, base: str) -> None:
        super().__init__(folder)
        self.remote = remote
        self.base = base
        self.made = 0
        # Where refs of a remote on this machine stood ahead of the last fetch (None: as here), and what is here since.
        self._fetched: dict[str, str] | None = None
        self._found: dict[str, str] | None = None
        self._base_ref = valid_ref(f"refs/heads/{base}")
        self._seen_ref = f"refs/towpath/seen/{base}"
        self._git.update_environment(**configuration({**CONFIGURATION, "remote.towpath.url": _url(remote)}))
        folder.mkdir(parents=True, exist_ok=True)
        if not self._is_sound():
            with self.locked():
                if not self._is_sound():
                    self._create()

    def seen(self) -> str | None:
        """The head of the base at the last fetch that found it a descendant of all heads before; None before that."""
        return self.ref(self._seen_ref)

    def fetch(self) -> str:
        """Bring the base, the bot's branches, the ledger and the heads of pull requests here; return the base's head.

        Raises `BaseRewritten` when the base is no descendant of the one seen last: everything else is up to date then.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.locked() as lock:
            if not (self.folder / "HEAD").is_file():  # somebody removed the folder since
                self._create()
            try:
                self._fetch(lock)
            except GitError:
                if self._is_intact():
                    raise
                self._create()
                self._fetch(lock)
            return self._see()

    def own(self) -> dict[str, str]:
        """ref → commit of the bot's branches and the ledger, as the last fetch found them and our pushes left them."""
        found = self.refs(_OWN_REFS) if self._found is None else self._found
        return {ref: commit for ref, commit in found.items() if ref.startswith(f"{_OWN_REFS}/")}

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Move refs of the remote together, or none of them, each only from where it is expected.

        Raises `PushRejected` naming the refs that somebody else moved, and `OutsideError` for every other failure.
        """
        if not updates:
            return
        leases = [f"--force-with-lease={valid_ref(u.ref)}:{u.expected or ''}" for u in updates]
        moves = [f"{commit_id(u.new) if u.new else ''}:{u.ref}" for u in updates]
        command = ("push", "--porcelain", "--atomic", "--no-verify", *leases, "--", "towpath", *moves)
        status, out, err = self._attempt(*command, env=_WITH_SETTINGS)
        if status != 0:
            raise _push_failure(out, redact(err))
        # What we have pushed need not be fetched.
        own = {u.ref: u.new for u in updates if u.ref.startswith(f"{_OWN_REFS}/")}
        self._fetched, self._found = _moved(self._fetched, own), _moved(self._found, own)

    def fetch_own(self) -> None:
        """Bring only the bot's own branches here, the ledger among them."""
        with self.locked() as lock:
            self._fetch(lock, f"{_OWN_REFS}/*")

    def remote_branches(self, start: str) -> dict[str, str]:
        """branch → commit of the remote's branches whose name starts like this, as they are now."""
        valid_ref(f"refs/heads/{start}")
        command = ("ls-remote", "--refs", "--", "towpath", f"refs/heads/{start}*")
        try:
            listed = self.run(*command, env=_WITH_SETTINGS)
        except GitError as failed:
            raise GitError("ls-remote", redact(failed.stderr)) from None
        lines = (line.split("\t") for line in listed.splitlines())
        return {ref.removeprefix("refs/heads/"): commit for commit, ref in lines}

    def _fetch(self, lock: int, *refs: str) -> None:
        there = self._there() if not refs else None
        if there and there == (self._to_fetch(self) if self._fetched is None else self._fetched):
            self._fetched = there
            return  # nothing has moved since
        self._fetched = self._found = None
        self.remove_stale_locks()
        options = ("--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        wanted = (f"+{ref}:{ref}" for ref in refs or (self._base_ref, f"{_OWN_REFS}/*", "refs/pull/*/head"))
        try:
            self.run("fetch", *options, "--", "towpath", *wanted, pass_fds=self._inherited(lock), env=_WITH_SETTINGS)
        except GitError as failed:
            raise GitError("fetch", redact(failed.stderr)) from None
        self._fetched = there

    def _there(self) -> dict[str, str] | None:
        """Where the remote's refs are, read ahead of a fetch; None where only a fetch can tell, as on a server."""
        if not Path(self.remote).is_absolute():
            return None
        try:
            return self._to_fetch(Bare(Path(self.remote)))
        except (GitError, OSError):
            return None

    def _to_fetch(self, repository: Bare) -> dict[str, str]:
        """The refs that are fetched, and where they are in a repository.

        The head of a pull request is left out where a branch of the bot stands at it: there is nothing to bring here.
        """
        refs = repository.refs(self._base_ref, _OWN_REFS, "refs/pull")
        branches = {commit for ref, commit in refs.items() if not ref.startswith("refs/pull/")}
        return {ref: at for ref, at in refs.items() if not ref.startswith("refs/pull/") or at not in branches}

    def _inherited(self, lock: int) -> tuple[int, ...]:
        """The lock for git to inherit; not where it may leave a credential daemon behind, which would keep it."""
        return () if re.match(r"(?!file:)[a-z+]+://|[^/]+:", self.remote) else (lock,)

    def _see(self) -> str:
        found = self._found = self._found or self.refs(self._base_ref, self._seen_ref, _OWN_REFS)
        new, seen = found.get(self._base_ref), found.get(self._seen_ref)
        if new is None:
            raise InputError(f"{redact(self.remote)} has no branch {self.base!r}", next="push the branch first")
        if seen and not self.is_ancestor(seen, new):
            raise BaseRewritten(seen, new, self.folder)
        if new != seen:
            write_ref(self.folder, self._seen_ref, new)
        self._found = {**found, self._seen_ref: new}
        return new

    def _is_sound(self) -> bool:
        """Whether this is a repository whose last seen head can be read; costs the same whatever its size."""
        if not (self.folder / "HEAD").is_file():
            return False
        try:
            seen = self.seen()
            if seen:
                self.folder_entries(self.root(seen))
        except (GitError, ValueError):
            return False
        return True

    def _is_intact(self) -> bool:
        """Whether every object that is needed is there; asked only after something failed."""
        try:
            self.run("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        except GitError:
            return False
        return True

    def _create(self) -> None:
        self.close()
        self._fetched = self._found = None
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != LOCK:  # which others may be waiting for
                entry.unlink()
        self.run("init", "--quiet", "--bare", "--template=")
        self.made += 1


def _moved(refs: Mapping[str, str] | None, to: Mapping[str, str | None]) -> dict[str, str] | None:
    """Refs, where they are known, after some of them moved; None stands for one that is gone."""
    return None if refs is None else {ref: at for ref, at in {**refs, **to}.items() if at}


def remote_url(checkout: Path, name: str = "origin") -> str:
    """The URL of a checkout's remote, or its absolute path. Raises `InputError` when there is none."""
    try:
        remote = Git(checkout).run("remote", "get-url", "--", name)
    except GitError as failed:
        raise InputError(f"{checkout} has no remote {name!r}", next=f"add it: git remote add {name} <url>") from failed
    is_path = "://" not in remote and ":" not in remote.partition("/")[0]
    return str((checkout / remote).resolve()) if is_path else remote


def _url(remote: str) -> str:
    if not remote or remote.startswith("-") or any(ord(character) < 32 for character in remote):
        raise InputError(f"{redact(remote)!r} is not a URL or path of a git repository")
    return remote


def _push_failure(porcelain: str, stderr: str) -> OutsideError:
    """Why `git push --porcelain` failed: lines `!<tab>from:to<tab>[summary] (reason)` name the refs (git-push(1))."""
    failed = [line.split("\t") for line in porcelain.splitlines() if line.startswith("!\t")]
    moved = [fields[1].rpartition(":")[2] for fields in failed if any(race in fields[2] for race in _RACES)]
    if moved:
        return PushRejected(moved)
    reasons = "; ".join(f"{fields[1].rpartition(':')[2]} {fields[2]}" for fields in failed)
    return GitError("push", f"{stderr}\n{reasons}".strip())
