"""The Prometheus adapter against a server that keeps Prometheus' rules, breaks them, drips, floods and lies."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.metrics.prometheus import PrometheusMetrics, Source
from bot.metrics.session import MAX_BYTES, plain, public_address
from bot.series import Matcher, Selector
from generator.errors import OutsideError
from tests.bot.metrics.fake_prometheus import FakePrometheus, served

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SELECTOR = Selector("requests_total", (Matcher("code", "=~", '5..|"'),))


@pytest.fixture(autouse=True)
def _proxy_that_answers_nobody(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")


def source(url: str | None, namespace: str = "shop", timeout: float = 5) -> PrometheusMetrics:
    return PrometheusMetrics({"prod": Source(url, namespace)}, timeout)


def counters(url: str, minutes: int = 2, step=MINUTE, start=START):
    return source(url).counters("prod", SELECTOR, r"web-\d+", start, start + step * minutes, step)


def labelled(**labels: str) -> str:
    return json.dumps(labels)


def since_start(at: float) -> str:
    return str(at - START.timestamp())


def test_the_query_is_limited_to_the_pods_and_the_namespace():
    fake = FakePrometheus({labelled(pod="web-1"): since_start})
    with served(fake) as url:
        [series] = counters(url + "/prefix/")
    assert fake.asked == [
        {
            "path": "/prefix/api/v1/query_range",
            "query": r'requests_total{code=~"5..|\"",namespace="shop",pod=~"web-\\d+"}',
            "start": str(int(START.timestamp())),
            "end": str(int(START.timestamp()) + 120),
            "step": "60",
        }
    ]
    assert series.labels == {"pod": "web-1"}
    assert series.samples == ((START, 0.0), (START + MINUTE, 60.0), (START + 2 * MINUTE, 120.0))


def test_a_query_is_sent_as_it_is():
    fake = FakePrometheus({labelled(): lambda at: "0.25"})
    with served(fake) as url:
        [series] = source(url).query("prod", 'max(x{pod=~"a"})', START, START, MINUTE)
    assert fake.asked[0]["query"] == 'max(x{pod=~"a"})'
    assert series.samples == ((START, 0.25),)


def test_nan_and_infinity_are_no_values():
    values = iter(["NaN", "+Inf", "-Inf", "1"])
    with served(FakePrometheus({labelled(): lambda at: next(values)})) as url:
        [series] = counters(url, 3)
    assert series.samples == ((START + 3 * MINUTE, 1.0),)


def test_long_ranges_are_split_and_put_together():
    fake = FakePrometheus({labelled(pod="a"): since_start})
    with served(fake) as url:
        [series] = counters(url, 24_999, timedelta(seconds=1))
    assert len(fake.asked) == 3
    assert len(series.samples) == 25_000
    assert all(value == (at - START).total_seconds() for at, value in series.samples)


def test_a_series_that_comes_and_goes_between_pieces_is_one_series():
    fake = FakePrometheus({labelled(pod="a"): lambda at: "1" if at < START.timestamp() + 9000 else None})
    with served(fake) as url:
        [series] = counters(url, 12_000, timedelta(seconds=1))
    assert len(series.samples) == 9000


def test_samples_stand_on_the_points_asked_for_though_the_client_rounds_to_seconds():
    start = START + timedelta(milliseconds=400)
    with served(FakePrometheus({labelled(): since_start})) as url:
        [series] = counters(url, 1, start=start)
    assert [at for at, _ in series.samples] == [start, start + MINUTE]


def test_nothing_selected_is_no_series():
    with served(FakePrometheus()) as url:
        assert counters(url) == []


@pytest.mark.parametrize(
    ("fake", "message"),
    [
        (FakePrometheus(raw=(400, b'{"status":"error","error":"parse error \\u001b[31m"}')), "HTTP 400: parse"),
        (FakePrometheus(raw=(503, b"<html>")), "HTTP 503$"),
        (FakePrometheus(raw=(302, b""), location="http://127.0.0.1:1/"), "HTTP 302"),
        (FakePrometheus(raw=(200, b"<html>login")), "no Prometheus"),
        (FakePrometheus(raw=(200, b"[]")), "no Prometheus"),
        (FakePrometheus(raw=(200, b'{"data":{"result":[{"metric":{},"values":[["x","y"]]}]}}')), "no Prometheus"),
        (FakePrometheus(raw=(200, b'{"data":{"result":[{"values":[]}]}}')), "no Prometheus"),
        (FakePrometheus(raw=(200, b'{"data":{"result":' + b"[" * 200_000)), "no Prometheus"),
        (FakePrometheus(raw=(200, b" " * (MAX_BYTES + 1))), "more than 32 MiB"),
        (FakePrometheus({labelled(n=str(n)): lambda at: "1" for n in range(10_001)}), "more than 10,000 series"),
        (FakePrometheus(warnings=("store a did not answer\n",)), "only in part.*store a"),
    ],
)  # fmt: skip
def test_what_is_no_complete_answer_is_an_error(fake, message):
    with served(fake) as url, pytest.raises(OutsideError, match=message) as caught:
        counters(url)
    assert caught.value.next
    assert all(c.isprintable() for c in caught.value.what)


def test_the_word_warnings_in_a_label_is_no_warning():
    with served(FakePrometheus({labelled(warnings="x"): since_start})) as url:
        assert len(counters(url)) == 1


def test_a_dripping_answer_ends_in_time():
    with (
        served(FakePrometheus({labelled(): since_start}, drip=0.05)) as url,
        pytest.raises(OutsideError, match="within"),
    ):
        source(url, timeout=0.3).counters("prod", SELECTOR, "x", START, START, MINUTE)


def test_nobody_there():
    with served(FakePrometheus()) as url:
        pass
    with pytest.raises(OutsideError, match="cannot be reached"):
        counters(url)


def test_credentials_are_used_and_never_shown():
    fake = FakePrometheus(raw=(401, b""))
    with served(fake) as url, pytest.raises(OutsideError) as caught:
        counters(url.replace("//", "//someone:hidden@"))
    assert fake.authorizations == ["Basic c29tZW9uZTpoaWRkZW4="]
    assert "hidden" not in f"{caught.value.what} {caught.value.next}"
    assert "someone" not in caught.value.what


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "prometheus:9090", "http://", "http://h:x/", "http://h/?a=b", "http://h:0", "http://[::"]
)  # fmt: skip
def test_only_plain_http_addresses(url):
    with pytest.raises(OutsideError, match="no address of a Prometheus"):
        counters(url)


def test_an_environment_without_prometheus_is_an_error_of_that_environment():
    with pytest.raises(OutsideError, match="'prod' names no Prometheus"):
        source(None).query("prod", "up", START, START, MINUTE)
    with pytest.raises(OutsideError, match="'other' names no Prometheus"):
        source(None).query("other", "up", START, START, MINUTE)


def test_no_pods_are_never_all_pods():
    with pytest.raises(ValueError, match="no pods"):
        source("http://127.0.0.1:1").counters("prod", SELECTOR, "", START, START, MINUTE)


def test_addresses_and_foreign_text_in_messages():
    assert public_address("https://u:p@h.example:9/x?y=z#f") == "https://h.example:9/x"
    assert public_address("http://[::1]:9090") == "http://[::1]:9090"
    assert plain("a\nb\x1b[0m" + "x" * 300) == "a b [0m" + "x" * 193 + "…"
