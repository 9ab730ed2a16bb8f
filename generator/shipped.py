"""Where the files that travel with the tool are: beside the package in a checkout, else inside it."""

from __future__ import annotations

from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

_PACKAGE = Path(__file__).parent


def shipped(name: Literal["templates", "schemas", "environments", "towpath.yaml"]) -> Path:
    """The path of a top-level file or folder of the project, as installed with the running code."""
    installed = _PACKAGE / "data" / name
    return installed if installed.exists() else _PACKAGE.parent / name
