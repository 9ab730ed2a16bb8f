"""What is left of a bug: the traceback in a file, without secrets, and a sentence that names it."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from generator.errors import TowpathError

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|KEY|AUTH", re.I)
_IN_URL = re.compile(r"(\w+://)[^/\s@]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic|token)\s+[\w.~+/=-]{8,}")
_SHORTEST = 6


def bug(failed: BaseException) -> TowpathError:
    """The error to show for a bug; its traceback is written down first."""
    place = _written(redacted(_report(failed), os.environ))
    attach = f" and attach {place}" if place else ""
    return TowpathError(
        f"this is a bug in towpath: {type(failed).__name__}: {redacted(str(failed), os.environ)[:200]}",
        next=f"report it with the command you ran{attach}",
    )


def redacted(text: str, environment: Mapping[str, str]) -> str:
    """`text` without credentials in URLs and headers and without the values of secret-looking variables."""
    for name, value in environment.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            text = text.replace(value, "***")
    return _BEARER.sub(r"\1 ***", _IN_URL.sub(r"\1***@", text))


def _report(failed: BaseException) -> str:
    head = f"python {platform.python_version()} on {platform.system()} {platform.release()}\n\n"
    return head + "".join(traceback.format_exception(failed))


def _written(text: str) -> Path | None:
    """The file that holds the report, readable by its owner alone; None where nothing can be written."""
    cache = Path(".towpath")
    folder = cache if cache.is_dir() and not cache.is_symlink() else None
    try:
        handle, name = tempfile.mkstemp(prefix="bug-", suffix=".txt", dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return None
    return Path(name).resolve()
