"""The one boundary where errors become text and exit codes. No traceback for what a person can mend.

Exit codes: 0 done, 1 findings, a failed check or bad input, 2 usage, 3 held or nothing to do where asked to wait,
4 an outside system failed, 70 a bug, 130 interrupted. Errors go to stderr; with `--output json` as one line of
JSON there, `{"error": {"what", "where", "next", "exitCode"}}`, so that stdout only ever holds results.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import click

from generator.errors import OutsideError, TowpathError, UsageError

INTERRUPTED = 130
BUG = 70
_DISK = {
    errno.ENOSPC: "free some space on this disk, then run the command again",
    errno.EDQUOT: "free some space in your quota, then run the command again",
    errno.EFBIG: "raise the limit of the file size (ulimit -f), then run the command again",
    errno.EACCES: "check who may read and write this path",
    errno.EPERM: "check who may read and write this path",
    errno.EROFS: "the file system is read-only: work in another folder",
    errno.EMFILE: "raise the limit of open files (ulimit -n), then run the command again",
    errno.EEXIST: "remove what is in this place, then run the command again",
    errno.ENOTDIR: "remove what is in the place of a folder, then run the command again",
    errno.EIO: "check the disk, then run the command again",
}


def guarded(work: Callable[[], object], arguments: Sequence[str]) -> int:
    """Do the work of a command; the exit code, after telling about whatever went wrong."""
    try:
        code = work()
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; run the command again to go on", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # SystemExit is what click makes of a broken pipe
        _silence()
        return 0
    except click.exceptions.NoArgsIsHelpError as asked:
        asked.show()
        return UsageError.exit_code
    except Exception as failed:  # noqa: BLE001 - this is the boundary: whatever escapes ends here
        known, code = _known(failed)
        with suppress(OSError):  # a full disk behind stderr as well: the code is all that is left to say
            _tell(known, code, arguments)
    return code if isinstance(code, int) else 0


def _known(failed: Exception) -> tuple[TowpathError, int]:
    """What to tell of a failure, and the exit code."""
    if known := explained(failed):
        return known, known.exit_code
    from bot.cli.crash import bug

    return bug(failed), BUG


def _tell(known: TowpathError, code: int, arguments: Sequence[str]) -> None:
    if wants_json(arguments):
        from generator.report.json import error_json

        value = error_json(known)
        value["error"]["exitCode"] = code
        click.echo(json.dumps(value, ensure_ascii=False), err=True)
    else:
        from generator.report.console import coloured
        from generator.report.text import error_text

        click.echo(error_text(known, coloured(sys.stderr)), err=True)


_RANGE: Final = re.compile(r"is not a valid (integer|float)( range)?(?=\.)")
"""How click says that a word is no number."""

_NO_GIT: Final = "Failed to initialize: "
"""How GitPython begins to say, while it is imported, that git is missing or does not start."""


def explained(failed: Exception) -> TowpathError | None:
    """The error that a person can act upon; None for a bug."""
    if isinstance(failed, TowpathError):
        return failed
    if isinstance(failed, click.UsageError):
        path = failed.ctx.command_path if failed.ctx else "towpath"
        words = _RANGE.sub("is not a number", failed.format_message())
        return UsageError(words, next=f"see '{path} --help'")
    if isinstance(failed, click.ClickException):
        return UsageError(failed.format_message())
    if isinstance(failed, ImportError) and str(failed).startswith(_NO_GIT):
        why = str(failed).removeprefix(_NO_GIT).partition("\n")[0]
        return OutsideError(f"git does not work here: {why}", next="see that 'git version' says 2.38 or later")
    if isinstance(failed, FileNotFoundError) and _nowhere():
        return UsageError("the folder you are in is gone", next="go to a folder that is there")
    if isinstance(failed, OSError) and failed.errno in _DISK:
        named = failed.filename2 or failed.filename  # of two it is the target that people know
        place = f": {os.fsdecode(named)}" if isinstance(named, (str, bytes)) else ""
        return OutsideError(f"{failed.strerror or 'the disk refused'}{place}", next=_DISK[failed.errno])
    return None


def _nowhere() -> bool:
    """Whether the folder that we are in has been removed."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the command line says `--output json`; read from the words, for errors in parsing them too."""
    follows = dict(pairwise(arguments))
    return "--output=json" in arguments or "json" in (follows.get("--output"), follows.get("-o"))


def _silence() -> None:
    """Nobody reads stdout any more: let Python's last flush go nowhere (docs.python.org, note on SIGPIPE)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
