"""A bare repository as a team's origin, and commits pushed to it without a checkout."""

from collections.abc import Mapping
from pathlib import Path

from bot.git import Bare, Identity, RefUpdate

EPOCH = 1_700_000_000
ANN = Identity("Ann", "ann@example.com")


class Origin(Bare):
    """An origin whose base is `main`; every commit has a date of its own."""

    @classmethod
    def create(cls, folder: Path, files: Mapping[str, bytes]) -> "Origin":
        """A new origin with one commit on main."""
        folder.mkdir(parents=True)
        origin = cls(folder)
        origin.run("init", "--quiet", "--bare", "--initial-branch=main")
        origin.push("main", files)
        return origin

    def head(self, branch: str = "main") -> str:
        """Where a branch stands."""
        found = self.ref(f"refs/heads/{branch}")
        assert found
        return found

    def push(self, branch: str, edits: Mapping[str, bytes | None], message: str = "change") -> str:
        """A commit on top of a branch; a new branch starts at main."""
        stands_at = self.ref(f"refs/heads/{branch}")
        parent = stands_at or self.ref("refs/heads/main")
        date = self.date_of(parent) + 60 if parent else EPOCH
        commit = self.commit(parent, edits, message, author=ANN, date=date)
        self.set(branch, commit)
        return commit

    def set(self, branch: str, commit: str | None) -> None:
        """Put a branch somewhere, as a forced push does."""
        with self.locked() as lock:
            self.update_refs([RefUpdate(f"refs/heads/{branch}", commit, self.ref(f"refs/heads/{branch}"))], lock)
