"""The ledger: records on the orphan branch `towpath/ledger`. Recorded is never recomputed, and the first record wins.

Only this module reads and writes that branch. It is an ordinary branch of files that people can read; the forge
should let nobody but the bot push there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.bare import Bare
from bot.git import LEDGER, Clone, PushRejected, RefUpdate
from bot.history import ArrivalKey
from bot.ledger_format import format_record, parse_record, record_path
from bot.record import Ledger, Record, Topic
from generator.errors import OutsideError

_ATTEMPTS = 8

_Place = tuple[ArrivalKey, Topic]


def read(git: Bare, head: str | None = None, previous: Ledger | None = None) -> Ledger:
    """All records of the ledger at a commit (None: where its branch stands here). Raises `LedgerError`.

    Files that `previous` has already are not read again.
    """
    head = head or git.ref(LEDGER)
    if previous and previous.head == head:
        return previous
    known = {blob: previous.records[place] for place, blob in previous.blobs.items()} if previous else {}
    records: dict[_Place, Record] = {}
    blobs: dict[_Place, str] = {}
    for path, blob in git.blobs(head).items() if head else ():
        record = known.get(blob) or parse_record(path, blob, git.blob(blob))
        records[record.key, record.topic] = record
        blobs[record.key, record.topic] = blob
    return Ledger(head, records, blobs)


def append(clone: Clone, ledger: Ledger, records: Iterable[Record]) -> Ledger:
    """Add records in one push and return the ledger that holds them.

    What somebody recorded first stays as it is, here and when another bot pushes at the same time. Raises
    `OutsideError` when the branch keeps moving away.
    """
    wanted = tuple(records)
    for _ in range(_ATTEMPTS):
        missing = _missing(ledger, wanted)
        if not missing:
            return ledger
        commit = _commit(clone, ledger.head, missing)
        try:
            clone.push([RefUpdate(LEDGER, commit, ledger.head)])
        except PushRejected:
            clone.fetch_own()
            ledger = read(clone, previous=ledger)
        else:
            return read(clone, commit, previous=ledger)
    raise OutsideError(
        "others write to the ledger faster than this process can",
        next="see who pushes to the branch towpath/ledger; only the bot should",
    )


def _missing(ledger: Ledger, records: Iterable[Record]) -> Mapping[_Place, Record]:
    missing: dict[_Place, Record] = {}
    for record in records:
        place = (record.key, record.topic)
        if place not in ledger.records:
            missing.setdefault(place, record)
    return missing


def _commit(clone: Clone, parent: str | None, records: Mapping[_Place, Record]) -> str:
    edits = {record_path(*place): format_record(record) for place, record in records.items()}
    lines = sorted(f"{record.key}: {record.topic.value}" for record in records.values())
    latest = max(record.at for record in records.values())
    message = f"Record {len(lines)} observation{'s' if len(lines) > 1 else ''}\n\n" + "\n".join(lines)
    return clone.commit(parent, edits, message, date=int(latest.timestamp()))
