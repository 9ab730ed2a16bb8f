"""The console script: what is typed before the program is loaded can interrupt it without a traceback too."""

from __future__ import annotations

import sys


def main() -> None:
    """Load the program and run it."""
    try:
        from bot.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
