"""A small GitOps repository with rendered manifests in real git, as a simulated controller sees it."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from tests.heads import head_of

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop-{environment}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: registry.example/web:{tag}
"""


class Shop:
    """The repository at `path`; every change is a commit on main."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git("init", "--quiet", "--initial-branch=main")

    def release(self, environment: str, tag: str, at: datetime | None = None) -> str:
        """Put an image of `web` into an environment, by a commit of this date (by default: today's)."""
        text = DEPLOYMENT.format(environment=environment, tag=tag)
        self.write(f"environments/{environment}/rendered/web/deployment.yaml", text)
        return self.commit(at)

    @property
    def head(self) -> str:
        """The newest commit."""
        return head_of(self.path)

    def parent(self, commit: str) -> str:
        """The commit before."""
        return self._git("rev-parse", f"{commit}^").strip()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def remove(self, folder: str) -> str:
        """Remove a folder."""
        shutil.rmtree(self.path / folder)
        return self.commit()

    def commit(self, at: datetime | None = None) -> str:
        """Commit everything; the id of the commit."""
        self._git("add", "--all")
        date = {"GIT_COMMITTER_DATE": at.isoformat()} if at else {}
        self._git("commit", "--quiet", "--allow-empty", "--message", "Change", **date)
        return self.head

    def _git(self, *arguments: str, **environment: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, **environment},
        )
        return done.stdout
