"""What simulated pods expose over real HTTP."""

import json
import urllib.request
from datetime import timedelta
from urllib.error import HTTPError

import pytest

from bot.simulate.behaviour import Load
from bot.simulate.clock import START, SimulatedClock
from bot.simulate.exporter import exported
from bot.simulate.instrument import Counter, Instrument
from bot.simulate.scene import Stage
from bot.simulate.traffic import Pod, Traffic

TOTAL, ERRORS = Counter("requests_total", (("path", 'a"b'),)), Counter("errors_total")


@pytest.fixture
def stage() -> Stage:
    found = Stage(SimulatedClock(), Traffic(1), (Instrument((TOTAL,), (TOTAL, ERRORS)),))
    found.enter(Pod("test", "shop", "web", "web-1", Load(100, 0.5), 1.0, START, START + timedelta(hours=1)))
    found.enter(Pod("prod", "shop", "web", "web-2", Load(100, 0), 1.0, START + timedelta(minutes=10), None))
    return found


def get(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        return str(answer.read(), "utf-8")


def test_pods_are_listed_while_they_run(stage):
    def listed() -> list[str]:
        return [target["labels"]["pod"] for target in json.loads(get(f"http://{address}/targets"))]

    with exported(stage) as address:
        assert listed() == ["web-1"]
        stage.clock.advance(timedelta(minutes=20))
        assert listed() == ["web-2", "web-1"]
        assert json.loads(get(f"http://{address}/targets"))[0] == {
            "targets": [address],
            "labels": {
                "__metrics_path__": "/pods/prod/web-2/metrics",
                "pod": "web-2",
                "namespace": "simulation-prod",
            },
        }
        stage.clock.advance(timedelta(hours=1))
        assert listed() == ["web-2"]


def test_counters_are_exposed_from_their_first_event_and_say_that_they_are_simulated(stage):
    with exported(stage) as address:
        page = f"http://{address}/pods/test/web-1/metrics"
        assert get(page) == ""
        stage.clock.advance(timedelta(minutes=10))
        events = Traffic(1).events(next(iter(stage.pods("test"))), stage.clock.now())
        assert get(page).splitlines() == [
            "# HELP requests_total SIMULATION: events of a simulated service.",
            "# TYPE requests_total counter",
            f'requests_total{{path="a\\"b"}} {events.good + events.bad}',
            "# HELP errors_total SIMULATION: events of a simulated service.",
            "# TYPE errors_total counter",
            f"errors_total{{}} {events.bad}",
        ]


@pytest.mark.parametrize("path", ["/", "/pods/test/nobody/metrics", "/pods/prod/web-2/metrics", "/pods/../metrics"])
def test_there_is_nothing_else(stage, path):
    with exported(stage) as address, pytest.raises(HTTPError, match="404"):
        get(f"http://{address}{path}")
