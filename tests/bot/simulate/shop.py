"""A small GitOps repository with rendered manifests in real git, as a simulated controller sees it."""

import shutil
import subprocess
from pathlib import Path

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

    def release(self, environment: str, tag: str) -> str:
        """Put an image of `web` into an environment."""
        text = DEPLOYMENT.format(environment=environment, tag=tag)
        self.write(f"environments/{environment}/rendered/web/deployment.yaml", text)
        return self.commit()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def remove(self, folder: str) -> str:
        """Remove a folder."""
        shutil.rmtree(self.path / folder)
        return self.commit()

    def commit(self) -> str:
        """Commit everything; the id of the commit."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", "Change")
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, check=True, capture_output=True, text=True, timeout=30
        )
        return done.stdout
