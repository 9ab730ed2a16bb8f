"""The console script: what is typed before the program is loaded can interrupt it without a traceback too."""

from __future__ import annotations

import sys


def main() -> None:
    """Do what needs no program, or load the program and run it."""
    try:
        from generator.glance import is_done

        if is_done(sys.argv[1:]):
            sys.exit(0)
        from bot.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
