"""The ledger: what is recorded is read back, the first record wins, and nothing unreadable is passed over."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import ledger
from bot.evidence import GateResult, State, Verdict
from bot.git import LEDGER, Clone, RefUpdate
from bot.history import ArrivalKey
from bot.ledger_format import LedgerError, format_record, parse_record, record_path
from bot.record import Ledger, Record, Topic
from generator.errors import OutsideError
from generator.trees.tree import blob_id
from tests.fakes.origin import Origin

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
KEY = ArrivalKey("prod", "web", "d" * 64, "c" * 40)
LIVE = Record(Topic.LIVE, KEY, NOON)


@pytest.fixture
def origin(tmp_path):
    return Origin.create(tmp_path / "origin.git", {"towpath.yaml": b"version: 1\n"})


@pytest.fixture
def clones(tmp_path, origin):
    made = [Clone(tmp_path / f"clone{number}.git", str(origin.folder), "main") for number in range(2)]
    for clone in made:
        clone.fetch()
    return made


# --- The format

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
TIMES = st.datetimes(timezones=st.just(UTC))
COUNTS = st.none() | st.integers(0, 10**12)
KEYS = st.builds(
    ArrivalKey,
    NAMES,
    NAMES,
    st.from_regex("[0-9a-f]{64}", fullmatch=True),
    st.from_regex("[0-9a-f]{40}", fullmatch=True),
)
GATES = st.builds(
    GateResult,
    gate=NAMES,
    state=st.sampled_from(State),
    detail=st.text(),
    bad=COUNTS,
    total=COUNTS,
    value=st.none() | st.floats(allow_nan=False),
    needed=COUNTS,
    wait=st.none() | st.timedeltas(min_value=timedelta(), max_value=timedelta(days=99999)),
)
VERDICTS = st.builds(
    Verdict,
    key=KEYS,
    state=st.sampled_from(State),
    at=st.none() | TIMES,
    live_since=st.none() | TIMES,
    gates=st.lists(GATES, max_size=3).map(tuple),
    gates_hash=st.text(),
    detail=st.text(),
)
RECORDS = st.builds(
    Record,
    topic=st.sampled_from(Topic),
    key=KEYS,
    at=TIMES,
    by=st.text(),
    detail=st.text(),
    verdict=st.none() | VERDICTS,
)


@given(RECORDS)
def test_every_record_is_read_as_it_was_written(record):
    content = format_record(record)
    assert parse_record(record_path(record.key, record.topic), blob_id(content), content) == record


def test_how_a_record_looks():
    gate = GateResult("errors", State.PASS, "fine", 1, 900, float("nan"), None, timedelta(minutes=2))
    verdict = Verdict(KEY, State.PASS, NOON, NOON - timedelta(hours=1), (gate,), "h", "all gates pass")
    record = Record(Topic.VERDICT, KEY, NOON, detail="d", verdict=verdict)
    assert record_path(KEY, Topic.VERDICT) == "prod/web/dddddddddddd-cccccccccccc/verdict.json"
    arrival = '{"commit":"' + "c" * 40 + '","digest":"' + "d" * 64 + '","environment":"prod","service":"web"}'
    assert format_record(record).decode() == (
        f'{{"arrival":{arrival},"at":"2026-05-04T12:00:00Z","by":"","detail":"d","topic":"verdict",'
        f'"verdict":{{"arrival":{arrival},"at":"2026-05-04T12:00:00Z","detail":"all gates pass",'
        '"gates":[{"bad":1,"detail":"fine","gate":"errors","needed":null,"state":"pass","total":900,"value":"nan",'
        '"waitMicroseconds":120000000}],"gatesHash":"h","liveSince":"2026-05-04T11:00:00Z","state":"pass"},"version":1}\n'
    )


def test_a_time_without_a_zone_is_a_bug():
    with pytest.raises(ValueError, match="no time zone"):
        format_record(Record(Topic.LIVE, KEY, datetime(2026, 5, 4)))  # noqa: DTZ001  that is what must not pass


def edited(**changes):
    return json.dumps({**json.loads(format_record(LIVE)), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "JSONDecodeError"),
        (b"[]", "TypeError"),
        (b"null", "TypeError"),
        (b"\xff", "UnicodeDecodeError"),
        (edited(version=2), "version 2, not 1"),
        (edited(topic="guess"), "'guess'"),
        (edited(at="2026-05-04T12:00:00"), "no time zone"),
        (edited(at=7), "7 is no text"),
        (edited(verdict={}), "KeyError"),
        (edited(arrival={"environment": "prod"}), "KeyError"),
        (edited(topic="soak"), "it is about prod/web"),
        (b"[" * 100_000, "Recursion"),
    ],
)
def test_what_is_no_record_is_told_with_its_place(content, problem):
    with pytest.raises(LedgerError, match=problem) as told:
        parse_record("prod/web/dddddddddddd-cccccccccccc/live.json", "b" * 40, content)
    assert told.value.blob == "b" * 40
    assert told.value.where and told.value.where.path == "prod/web/dddddddddddd-cccccccccccc/live.json"


# --- The branch


def test_without_a_branch_there_are_no_records(clones):
    assert ledger.read(clones[0]) == Ledger(None, {}, {})


def test_what_one_bot_records_another_reads(clones, origin):
    one, two = clones
    written = ledger.append(one, ledger.read(one), [LIVE])
    two.fetch()
    read = ledger.read(two)
    assert read == written
    assert read.get(KEY, Topic.LIVE) == LIVE
    assert origin.blob(read.blobs[KEY, Topic.LIVE]) == format_record(LIVE)
    assert origin.parents(origin.head("towpath/ledger")) == []
    assert ledger.read(two, None, read) is read


def test_the_ledger_shares_nothing_with_the_base(clones, origin):
    ledger.append(clones[0], ledger.read(clones[0]), [LIVE])
    assert list(origin.blobs(origin.head("towpath/ledger"))) == ["prod/web/dddddddddddd-cccccccccccc/live.json"]


def test_the_first_record_wins(clones, origin):
    one, two = clones
    before = ledger.read(two)
    ledger.append(one, ledger.read(one), [LIVE])
    later = Record(Topic.LIVE, KEY, NOON + timedelta(hours=1))
    soak = Record(Topic.SOAK, KEY, NOON)
    seen = ledger.append(two, before, [later, soak, Record(Topic.SOAK, KEY, NOON, detail="again")])
    assert seen.get(KEY, Topic.LIVE) == LIVE
    assert seen.get(KEY, Topic.SOAK) == soak
    assert seen.head == origin.head("towpath/ledger")


def test_recording_what_is_recorded_pushes_nothing(clones, origin):
    one = clones[0]
    written = ledger.append(one, ledger.read(one), [LIVE])
    assert ledger.append(one, written, [LIVE]) is written
    assert ledger.append(one, written, []) is written
    assert len(origin.first_parents(origin.head("towpath/ledger"))) == 1


def test_a_branch_that_never_stands_still(clones, monkeypatch):
    one, two = clones
    push, others = one.push, iter(range(1000))

    def overtaken(updates):
        mine = ArrivalKey("prod", f"other{next(others)}", "e" * 64, "f" * 40)
        two.fetch()
        ledger_of_two = ledger.read(two)
        edits = {record_path(mine, Topic.LIVE): format_record(Record(Topic.LIVE, mine, NOON))}
        two.push([RefUpdate(LEDGER, two.commit(ledger_of_two.head, edits, "m"), ledger_of_two.head)])
        push(updates)

    monkeypatch.setattr(one, "push", overtaken)
    with pytest.raises(OutsideError, match="faster"):
        ledger.append(one, ledger.read(one), [LIVE])


def test_a_file_that_is_no_record_is_not_passed_over(clones, origin):
    one = clones[0]
    ledger.append(one, ledger.read(one), [LIVE])
    origin.push("towpath/ledger", {"README.md": b"hello"})
    one.fetch()
    with pytest.raises(LedgerError, match=r"README\.md"):
        ledger.read(one)
