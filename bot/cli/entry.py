"""The console script: what is typed before the program is loaded can interrupt it without a traceback too."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Do what needs no program, or load the program and run it."""
    try:
        from generator.remembered.glance import is_done

        if is_done(sys.argv[1:]):
            _leave(0)
        from bot.cli.main import main as run
    except KeyboardInterrupt:
        _leave(130)
    try:
        run()
    except SystemExit as end:
        _leave(end.code)
    _leave(0)


def _leave(code: int | str | None) -> NoReturn:
    """End at once: for Python to take apart all that a run has made takes up to a tenth of its time."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError):  # it has been told
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
