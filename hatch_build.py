"""The one thing about the wheel that pyproject.toml cannot say: a single file moves, and only in real builds.

Folders are moved by `tool.hatch.build.targets.wheel.sources`, which cannot address a file; `force-include` can, but
would also leave a stale copy of it in editable installations.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedFile(BuildHookInterface[Any]):
    """Puts the demonstration repository's towpath.yaml beside its environments."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"]["towpath.yaml"] = "generator/data/towpath.yaml"
