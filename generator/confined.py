"""Judge what nobody has vouched for in a process of its own, which cannot use up this machine.

Templates are code. Those of the base branch have been merged by somebody; others, such as a pull request's, are
rendered only here. The process is a fresh interpreter with no environment but PATH and a few settings, no open files
but its two pipes, and the limits of `Limits`; it can write no file, and ends as a group when its time is up. It
answers in lines of JSON: what it renders now, and at the end the verdict. Charts and kustomizations it cannot render by
itself: it asks for that, and `generator.foreign.programs` runs helm or kustomize outside of it, within limits of their
own.

What it is not: another user, or a wall between it and the files that you can read. Against that there is the sandbox
of the templates (`generator.rendering.sandbox`); this process keeps what passes the sandbox from costing more than a
failure.
"""

from __future__ import annotations

import json
import math
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from generator.errors import InputError, Location, OutsideError, TowpathError, UsageError
from generator.foreign.program import Printed, RefusedError, Run, run_from_json, run_json
from generator.report.json import error_json, finding_from_json, finding_json
from generator.validation.verdict import Case, Status, Verdict

if TYPE_CHECKING:
    from generator.building.build import Reuse
    from generator.judge import Request
    from generator.manifest import Manifest
    from generator.repository import Overlay

_ERRORS: Final = {kind.exit_code: kind for kind in (InputError, UsageError, OutsideError)}
_RUN: Final = b'{"run": '
_OPEN_FILES: Final = 128
_SETTINGS: Final = {
    # What the person or the machine has set plays no part.
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "3",
    # git maps whole packs into memory, up to 1 GiB at once, which is the limit here.
    "GIT_CONFIG_KEY_0": "core.packedGitWindowSize",
    "GIT_CONFIG_VALUE_0": "32m",
    "GIT_CONFIG_KEY_1": "core.packedGitLimit",
    "GIT_CONFIG_VALUE_1": "128m",
    # Whoever asks has read this repository with git already, so git did not refuse it to this user.
    "GIT_CONFIG_KEY_2": "safe.directory",
    "GIT_CONFIG_VALUE_2": "*",
    # The allocator of the compiled YAML parser would reserve 1 GiB at once.
    "MIMALLOC_ARENA_RESERVE": "32MiB",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process may use: seconds on the clock, seconds of computing for each service, bytes of memory beyond
    what the program itself takes, and bytes of its answer. Only Linux enforces the limit of memory.
    """

    seconds: float = 300
    a_service: float = 5
    memory: int = 2**30
    output: int = 64 * 2**20


def judge(request: Request, limits: Limits | None = None) -> Verdict:
    """The verdict of `generator.judge.judge`, reached in a confined process.

    A template that computes for too long or wants too much memory is a finding at its line. Raises `InputError`, with
    the template that was rendered at the time, when the whole process had to be ended, and what `judge` raises.
    """
    limits = limits or Limits()
    with _process() as process:
        answer = _Answer(limits, process.stdout.fileno(), process.stdin.fileno())  # type: ignore[union-attr] # pipes
        try:
            answer.send({"request": asdict(request), "limits": asdict(limits)})
            answer.read()
        except BrokenPipeError:
            pass  # it is dead, and the answer says so
        return answer.verdict()


@contextmanager
def _process() -> Iterator[subprocess.Popen[bytes]]:
    """The process, and whatever it has started, gone at the end."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-m", "generator.confined"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), **_SETTINGS},
        start_new_session=True,
    )
    try:
        with process:
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.wait()


class _Answer:
    """What the process says, up to the limits of time and length."""

    def __init__(self, limits: Limits, reader: int, writer: int) -> None:
        self.limits = limits
        self.said = bytearray()
        self._deadline = time.monotonic() + limits.seconds
        self._to, self._from = writer, reader
        os.set_blocking(self._to, False)

    def send(self, value: dict[str, Any]) -> None:
        """Tell the process something, in a line. Raises `InputError` where it does not listen in time."""
        left = memoryview(json.dumps(value).encode() + b"\n")
        while left:
            if not select.select([], [self._to], [], self._seconds())[1]:
                raise self._stopped(f"it takes longer than {self.limits.seconds:g} s")
            left = left[os.write(self._to, left) :]

    def read(self) -> None:
        """Take all of it, and do what it asks for. Raises `InputError` at a limit."""
        heard = 0
        while select.select([self._from], [], [], self._seconds())[0]:
            chunk = os.read(self._from, 2**16)
            if not chunk:
                return
            self.said += chunk
            if len(self.said) > self.limits.output:
                raise self._stopped(f"it says more than {self.limits.output:,} bytes")
            while (end := self.said.find(b"\n", heard)) >= 0:
                self._hear(bytes(self.said[heard:end]))
                heard = end + 1
        raise self._stopped(f"it takes longer than {self.limits.seconds:g} s")

    def _hear(self, line: bytes) -> None:
        if line.startswith(_RUN):
            try:
                asked = run_from_json(json.loads(line)["run"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise self._stopped("it does not say what is to be run") from None
            self.send(_run(asked))

    def _seconds(self) -> float:
        return max(self._deadline - time.monotonic(), 0)

    def verdict(self) -> Verdict:
        """What the last line says. Raises the error that it tells, or `InputError` where it tells nothing."""
        try:
            *_, last = self._lines()
            if "error" in last:
                raise _error(last["error"])
            if "failed" in last:
                raise self._stopped(f"it failed: {last['failed']}")
            return _verdict(last["verdict"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._stopped("it ended without an answer, as when it wants too much memory") from None

    def _lines(self) -> Iterator[Any]:
        for line in bytes(self.said).splitlines():
            yield json.loads(line)

    def _stopped(self, why: str) -> InputError:
        """The error with the template that was last begun."""
        place, path = "validating this", None
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            for line in self._lines():
                if "rendering" in line:
                    service, environment, path = map(str, line["rendering"])
                    place = f"rendering {service} in {environment}, or validating it"
        what = f"{place} was stopped: {why}"
        return InputError(what, where=Location(path) if path else None, next="mend the template, or what it is given")


def _run(asked: Run) -> dict[str, Any]:
    """What a program answers, for the process that has asked."""
    from generator.foreign import programs

    try:
        return {"printed": asdict(programs.run(asked))}
    except RefusedError as refused:
        return {"refused": refused.said}
    except TowpathError as error:
        return error_json(error)


# --- What both sides know


def _written(verdict: Verdict) -> dict[str, Any]:
    cases = (
        {
            "path": case.path,
            "title": case.title,
            "status": case.status.value,
            "findings": [finding_json(finding) for finding in case.findings],
        }
        for case in verdict.cases
    )
    return {
        "findings": [finding_json(finding) for finding in verdict.findings],
        "cases": list(cases),
        "checked": verdict.checked,
        "builds": verdict.builds,
        "unknownRules": verdict.unknown_rules,
    }


def _verdict(value: dict[str, Any]) -> Verdict:
    cases = (
        Case(
            str(case["path"]),
            str(case["title"]),
            Status(case["status"]),
            tuple(finding_from_json(finding) for finding in case["findings"]),
        )
        for case in value["cases"]
    )
    return Verdict(
        tuple(finding_from_json(finding) for finding in value["findings"]),
        tuple(cases),
        str(value["checked"]),
        builds=int(value["builds"]),
        unknown_rules=int(value["unknownRules"]),
    )


def _error(value: dict[str, Any]) -> TowpathError:
    where = Location(**value["where"]) if value["where"] else None
    return _ERRORS.get(value["exitCode"], InputError)(str(value["what"]), where=where, next=str(value["next"] or ""))


# --- The process itself


def main() -> None:
    """Read a request from standard input, and answer in lines on standard output."""
    asked = json.loads(sys.stdin.readline())
    limits = Limits(**asked["limits"])
    from generator.judge import Request, judge

    _confine(limits)
    given: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in asked["request"].items()}
    request = Request(**given)
    try:
        _say({"verdict": _written(judge(request, _watch(request, limits), _asking))})
    except TowpathError as error:
        _say(error_json(error))
    except Exception as error:  # noqa: BLE001 - whoever asked has to hear of it
        _say({"failed": f"{type(error).__name__}: {error}"})


def _confine(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_CPU, math.ceil(limits.seconds)),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))
    with suppress(ValueError, OSError):  # macOS knows the limit, and refuses it
        most = _reserved() + limits.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _reserved() -> int:
    """Bytes of addresses that are taken already: an allocator may reserve far more of them than it ever uses."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])  # proc(5)
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _asking(asked: Run) -> Printed:
    """What a program prints that is run outside of here; see `generator.foreign.program.Runner`."""
    _say({"run": run_json(asked)})
    answer = json.loads(sys.stdin.readline())
    if "refused" in answer:
        raise RefusedError(asked.program, answer["refused"])
    if "error" in answer:
        raise _error(answer["error"])
    return Printed(**answer["printed"])


def _watch(request: Request, limits: Limits) -> Reuse:
    """Says what is rendered next, and sees to it that its templates do not compute for too long."""
    from generator.own_files.load import load_spec
    from generator.rendering.sandbox import Engine

    tree = request.tree(request.git)
    templates = {Engine.pieces.__code__, Engine.holds.__code__}

    def stop(_signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code in templates:
                raise TimeoutError(f"it computes for more than {limits.a_service:g} s")
            frame = frame.f_back

    def begin(overlay: Overlay, _inputs: str) -> tuple[Manifest, ...] | None:
        spec = load_spec(tree, overlay.service)
        folder = spec.foreign.folder if spec.foreign else f"templates/{spec.template}"
        _say({"rendering": (overlay.service, overlay.environment, folder)})
        signal.setitimer(signal.ITIMER_VIRTUAL, limits.a_service, 1)
        return None

    signal.signal(signal.SIGVTALRM, stop)
    return begin


if __name__ == "__main__":
    main()
