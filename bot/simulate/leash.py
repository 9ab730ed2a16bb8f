"""Run a program that ends with whoever started it, however that ends: a killed one cannot end its children itself.
Nor can it remove its temporary folder, so that goes with the program.

Between them stands a process that holds one end of a pipe, its standard input. The kernel closes the other end when the
starter is gone, on every system.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_PATIENCE = 10.0


@contextmanager
def leashed(command: Sequence[str], folder: Path, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The program at work in a temporary folder, writing to a log; both go at the end, and the process with them."""
    keeper = [sys.executable, "-I", __file__, str(folder.absolute()), *command]
    with subprocess.Popen(keeper, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=folder) as process:
        yield process


def keep(folder: str, command: Sequence[str]) -> int:
    """Run the program until it ends, or standard input does, and then remove its folder; its exit code."""
    process, gone = subprocess.Popen(command, stdin=subprocess.DEVNULL), threading.Event()
    threading.Thread(target=_end_with_input, args=(process, gone), daemon=True).start()
    code = process.wait()
    if gone.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _end_with_input(process: subprocess.Popen[bytes], gone: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    gone.set()
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1], sys.argv[2:]))
