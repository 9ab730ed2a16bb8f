"""Where the files that travel with the tool are: beside the package in a checkout, else inside it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    Name = Literal["templates", "schemas", "environments", "towpath.yaml"]

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def shipped(name: Name) -> Path:
    """The path of a top-level file or folder of the project, as installed with the running code."""
    from pathlib import Path

    return Path(place(name))


def place(name: Name) -> str:
    """`shipped` as text."""
    installed = f"{_PACKAGE}/data/{name}"
    return installed if os.path.exists(installed) else f"{os.path.dirname(_PACKAGE)}/{name}"
