"""Run the programs that render charts and kustomizations: helm and kustomize, in the version that is asked for.

Each runs in a folder that holds the given files and nothing else, with an environment in which it finds no settings, no
credentials, no plugins, no other program and no way out to the network, and within limits of time, memory and length.
What one printed is kept by the content of what it was given, in `$XDG_CACHE_HOME/towpath` (`~/.cache/towpath`, safe to
delete), in files that others cannot write to: the same is never run again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from generator.errors import InputError, OutsideError
from generator.foreign.program import Printed, RefusedError, Run
from generator.state import cache_folder, open_own
from generator.trees.tree import blob_id, safe_path

SECONDS: Final = 60.0
MEMORY: Final = 2 * 2**30
OUTPUT: Final = 32 * 2**20
_KEPT: Final = 4096
"""Results in the cache; beyond that the oldest go."""
_VERSION: Final = re.compile(r"v?([0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[-+][0-9A-Za-z.+-]+)?)")
_ASK: Final[Mapping[str, tuple[str, ...]]] = {
    "helm": ("version", "--template", "{{.Version}}"),
    "kustomize": ("version",),
}
_CRASHED: Final = re.compile(rb"^(runtime: out of memory|fatal error: )", re.M)  # how the runtime of Go ends
_NOWHERE: Final = "http://127.0.0.1:9"  # the discard port (RFC 863): nobody answers


def run(asked: Run) -> Printed:
    """What a program prints, from the cache or by running it; see `generator.foreign.program.Runner`."""
    place = _cache(_key(asked))
    known = _recall(place)
    if known is not None:
        return known
    program = _program(asked.program, asked.version)
    with _folder(asked.files) as (folder, home):
        printed = _start(asked, program, folder, home)
        again = _start(asked, program, folder, home) if asked.twice else printed
    if again.output != printed.output:
        return Printed(printed.output, printed.remarks, again.output)
    _remember(place, printed)
    return printed


# --- The program


def _program(name: str, version: str) -> str:
    """The path of a program. Raises `OutsideError` where it is missing, or of another version."""
    found = shutil.which(name)
    if found is None:
        next = f"install {name} {version} so that it is on PATH: what it prints is rendered here"
        raise OutsideError(f"{name} is not installed", next=next)
    program = os.path.realpath(found)
    installed = _installed(name, program)
    if installed != version:
        next = (
            f"install {name} {version}, or set programs.{name} and look at what changes with 'towpath render --check'"
        )
        raise OutsideError(f"{found} is version {installed}, but towpath.yaml asks for {version}", next=next)
    return program


@lru_cache
def _installed(name: str, program: str) -> str:
    with _folder({}) as (folder, home):
        said = _start(Run(name, "", _ASK[name], {}), program, folder, home).output.strip()
    found = _VERSION.search(said)
    if found is None:
        raise OutsideError(f"{program} does not say its version, but: {said[:80]}", next=f"install {name} again")
    return found[1]


@contextmanager
def _folder(files: Mapping[str, bytes]) -> Iterator[tuple[Path, Path]]:
    """A temporary folder with these files, and an empty one beside it to be at home in."""
    with tempfile.TemporaryDirectory(prefix="towpath-") as top:
        folder, home = Path(top, "files"), Path(top, "home")
        folder.mkdir()
        home.mkdir()
        for path, content in files.items():
            place = folder / safe_path(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield folder, home


def _start(asked: Run, program: str, folder: Path, home: Path) -> Printed:
    process = subprocess.Popen(
        [program, *asked.arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=_environment(home),
        start_new_session=True,
    )
    try:
        with process:
            _limit(process.pid)
            try:
                output, remarks = _read(asked.program, process)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.wait()
    if process.returncode < 0 or _CRASHED.search(remarks):
        raise _stopped(
            asked.program, f"it wants more than {MEMORY // 2**20:,} MiB of memory, or {SECONDS:g} s of computing"
        )
    if process.returncode != 0:
        raise RefusedError(asked.program, _text(remarks or output).replace(f"{folder}/", "").strip())
    return Printed(_text(output), _text(remarks))


def _environment(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": "",
        "KUBECONFIG": os.devnull,
        "LC_ALL": "C",
        "TZ": "UTC",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
    }


def _limit(pid: int) -> None:
    """Set the limits of a process that has just begun. Only Linux can."""
    if not hasattr(resource, "prlimit"):
        return
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, math.ceil(SECONDS)),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ProcessLookupError):
            resource.prlimit(pid, kind, (most, most))


def _read(name: str, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Both outputs of a process that has ended by itself. Raises `InputError` at a limit."""
    said: dict[int, bytearray] = {}
    deadline = time.monotonic() + SECONDS
    with selectors.DefaultSelector() as waiting:
        for pipe in (process.stdout, process.stderr):
            waiting.register(pipe, selectors.EVENT_READ)  # type: ignore[arg-type] # both are pipes, see `_start`
            said[pipe.fileno()] = bytearray()  # type: ignore[union-attr] # they are pipes
        while waiting.get_map():
            ready = waiting.select(max(deadline - time.monotonic(), 0))
            if not ready:
                raise _stopped(name, f"it takes longer than {SECONDS:g} s")
            for key, _ in ready:
                chunk = os.read(key.fd, 2**16)
                said[key.fd] += chunk
                if not chunk:
                    waiting.unregister(key.fileobj)
            if sum(map(len, said.values())) > OUTPUT:
                raise _stopped(name, f"it prints more than {OUTPUT:,} bytes")
    output, remarks = said.values()
    process.wait(max(deadline - time.monotonic(), 1))
    return bytes(output), bytes(remarks)


def _stopped(name: str, why: str) -> InputError:
    return InputError(f"{name} was stopped: {why}", next="look at what it was given: something in there never ends")


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")


# --- What it printed before


def _key(asked: Run) -> str:
    files = sorted((path, blob_id(content)) for path, content in asked.files.items())
    facts = ["1", asked.program, asked.version, asked.arguments, files]
    return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()


def _cache(key: str) -> Path | None:
    """Where a result is kept; None where nobody is at home."""
    folder = cache_folder()
    return Path(folder, "programs", f"{key}.json") if folder else None


def _recall(place: Path | None) -> Printed | None:
    if place is None:
        return None
    try:
        with open_own(place, "rb") as file:
            kept = json.load(file)
        return Printed(str(kept["output"]), str(kept["remarks"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(place: Path | None, printed: Printed) -> None:
    """Keep a result; where that is not possible, the next run takes longer."""
    if place is None:
        return
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = place.with_name(f"{place.name}.{os.getpid()}")
        with open_own(temporary, "w") as file:
            json.dump({"output": printed.output, "remarks": printed.remarks}, file)
        temporary.replace(place)
        if place.name.startswith("00"):  # to look at them all takes time: each 256th time is often enough
            kept = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime)
            for path in kept[: max(0, len(kept) - _KEPT)]:
                path.unlink()
