"""A real Prometheus beside a simulation: it scrapes the simulated pods, and the gates are answered by it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError

from bot.metrics.interface import Metrics
from bot.metrics.prometheus import PrometheusMetrics, Source
from bot.series import Selector, Series
from bot.simulate.clock import ScaledClock
from bot.simulate.exporter import exported, namespace
from bot.simulate.leash import leashed
from bot.simulate.metrics import SimulatedMetrics
from bot.simulate.scene import Scene
from generator.errors import OutsideError

_CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: simulation
    http_sd_configs: [{{url: "http://{exporter}/targets", refresh_interval: 1s}}]
"""
_START_TIMEOUT = 30.0
# A sample can be asked for this much real time after it was scraped.
_SETTLED = timedelta(seconds=2)


@contextmanager
def real_metrics(scene: Scene, clock: ScaledClock, environments: Iterable[str]) -> Iterator[Metrics]:
    """A Metrics port that asks a real Prometheus about a scene. Raises `OutsideError` where it does not start."""
    program = shutil.which("prometheus")
    if program is None:
        raise OutsideError(
            "there is no program 'prometheus' on PATH",
            next="install it (Debian: apt-get install prometheus), or simulate without --prometheus",
        )
    with exported(scene) as exporter, _prometheus(program, exporter) as url:
        source = {name: Source(url, namespace(name)) for name in environments}
        yield ScaledMetrics(PrometheusMetrics(source), clock, SimulatedMetrics(scene), scene)


class ScaledMetrics:
    """Translates between the times of a simulation and the real ones that Prometheus knows.

    Expressions that the scene was given a value for are answered by it; Prometheus evaluates all others.
    """

    def __init__(self, real: Metrics, clock: ScaledClock, simulated: Metrics, scene: Scene) -> None:
        self._real = real
        self._clock = clock
        self._simulated = simulated
        self._scene = scene

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The counters of the simulated pods as Prometheus scraped them."""
        first, last, real_step = self._translate(start, end, step)
        found = self._real.counters(environment, selector, pods, first, last, real_step)
        return [_back(series, first, real_step, start, step) for series in found]

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The values of an expression: given ones, or what Prometheus makes of it."""
        if self._scene.gauges:
            try:
                return self._simulated.query(environment, expression, start, end, step)
            except OutsideError:
                pass  # it was given no value for this one
        first, last, real_step = self._translate(start, end, step)
        found = self._real.query(environment, expression, first, last, real_step)
        return [_back(series, first, real_step, start, step) for series in found]

    def _translate(self, start: datetime, end: datetime, step: timedelta) -> tuple[datetime, datetime, timedelta]:
        first, last = (datetime.fromtimestamp(self._clock.real(at), UTC) for at in (start, end))
        settled = datetime.fromtimestamp(self._clock.real(self._clock.now()), UTC) - _SETTLED
        return first, min(last, settled), step / self._clock.speed


def _back(series: Series, first: datetime, real_step: timedelta, start: datetime, step: timedelta) -> Series:
    samples = tuple((start + step * round((at - first) / real_step), value) for at, value in series.samples)
    return Series(series.labels, samples)


@contextmanager
def _prometheus(program: str, exporter: str) -> Iterator[str]:
    """A Prometheus of its own in a temporary folder, on a free port of loopback; ended and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="towpath-prometheus-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(_CONFIGURATION.format(exporter=exporter))
        address = f"127.0.0.1:{_free_port()}"
        command = [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
        ]
        with (folder / "log").open("wb") as log, leashed(command, folder, log) as process:
            _wait_ready(process, f"http://{address}/-/ready", folder / "log")
            yield f"http://{address}"


def _wait_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    lines = log.read_text(errors="replace").splitlines()[-3:]
    raise OutsideError(
        "Prometheus did not start" + "".join(f"\n{line[:200]}" for line in lines), next="see what it says above"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
