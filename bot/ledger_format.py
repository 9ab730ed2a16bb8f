"""What a record of the ledger looks like in its file: canonical JSON, times in RFC 3339 UTC, ids in full.

The path is `<environment>/<service>/<digest12>-<commit12>/<topic>.json`. One arrival has one record a topic, so two
bots that write the same fact write the same path, and the first one wins.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.evidence import GateResult, State, Verdict
from bot.history import ArrivalKey
from bot.record import Record, Topic
from generator.errors import InputError, Location

VERSION = 1


class LedgerError(InputError):
    """A file on the ledger's branch that is no record this version of Towpath can read."""

    def __init__(self, problem: str, path: str, blob: str) -> None:
        self.blob = blob
        super().__init__(
            f"the ledger has no readable record there: {problem} (blob {blob[:12]})",
            where=Location(path),
            next="use the version of towpath that wrote it, or take the file off the branch towpath/ledger: "
            "what it recorded is then observed again",
        )


def record_path(key: ArrivalKey, topic: Topic) -> str:
    """Where the record of an arrival on a topic is written."""
    return f"{key.environment}/{key.service}/{key.digest[:12]}-{key.commit[:12]}/{topic.value}.json"


def format_record(record: Record) -> bytes:
    """The content of a record's file. Equal records have equal bytes."""
    value = {
        "version": VERSION,
        "topic": record.topic.value,
        "arrival": _key_value(record.key),
        "at": _time_text(record.at),
        "by": record.by,
        "detail": record.detail,
        "verdict": _verdict_value(record.verdict) if record.verdict else None,
    }
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def parse_record(path: str, blob: str, content: bytes) -> Record:
    """The record in a file; raises `LedgerError` for anything but what `format_record` writes at that path."""
    try:
        value = json.loads(content)
        if value["version"] != VERSION:
            raise LedgerError(f"its format is version {value['version']!r}, not {VERSION}", path, blob)
        record = _record(value)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError) as broken:
        raise LedgerError(f"{type(broken).__name__} {broken}", path, blob) from broken
    if record_path(record.key, record.topic) != path:
        raise LedgerError(f"it is about {record.key}, {record.topic.value}", path, blob)
    return record


def _record(value: dict[str, Any]) -> Record:
    verdict = value["verdict"]
    return Record(
        topic=Topic(value["topic"]),
        key=_key(value["arrival"]),
        at=_time(value["at"]),
        by=_text(value["by"]),
        detail=_text(value["detail"]),
        verdict=None if verdict is None else _verdict(verdict),
    )


def _key_value(key: ArrivalKey) -> dict[str, str]:
    return {
        "environment": key.environment,
        "service": key.service,
        "digest": key.digest,
        "commit": key.commit,
    }


def _key(value: dict[str, Any]) -> ArrivalKey:
    return ArrivalKey(*(_text(value[name]) for name in ("environment", "service", "digest", "commit")))


def _verdict_value(verdict: Verdict) -> dict[str, Any]:
    return {
        "arrival": _key_value(verdict.key),
        "state": verdict.state.value,
        "at": _time_text(verdict.at) if verdict.at else None,
        "liveSince": _time_text(verdict.live_since) if verdict.live_since else None,
        "gates": [_gate_value(gate) for gate in verdict.gates],
        "gatesHash": verdict.gates_hash,
        "detail": verdict.detail,
    }


def _verdict(value: dict[str, Any]) -> Verdict:
    return Verdict(
        key=_key(value["arrival"]),
        state=State(value["state"]),
        at=_time(value["at"]) if value["at"] else None,
        live_since=_time(value["liveSince"]) if value["liveSince"] else None,
        gates=tuple(_gate(gate) for gate in value["gates"]),
        gates_hash=_text(value["gatesHash"]),
        detail=_text(value["detail"]),
    )


def _gate_value(gate: GateResult) -> dict[str, Any]:
    return {
        "gate": gate.gate,
        "state": gate.state.value,
        "detail": gate.detail,
        "bad": gate.bad,
        "total": gate.total,
        "value": _number_value(gate.value),
        "needed": gate.needed,
        "waitMicroseconds": None if gate.wait is None else gate.wait // timedelta(microseconds=1),
    }


def _gate(value: dict[str, Any]) -> GateResult:
    wait = value["waitMicroseconds"]
    return GateResult(
        gate=_text(value["gate"]),
        state=State(value["state"]),
        detail=_text(value["detail"]),
        bad=_count(value["bad"]),
        total=_count(value["total"]),
        value=None if value["value"] is None else float(value["value"]),
        needed=_count(value["needed"]),
        wait=None if wait is None else timedelta(microseconds=_int(wait)),
    )


def _number_value(number: float | None) -> float | str | None:
    """JSON has no word for what Prometheus calls NaN and Inf; they are written as text."""
    return str(number) if number is not None and not math.isfinite(number) else number


def _time_text(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone")
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(text: Any) -> datetime:
    time = datetime.fromisoformat(_text(text))
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time.astimezone(UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _count(value: Any) -> int | None:
    return None if value is None else _int(value)
