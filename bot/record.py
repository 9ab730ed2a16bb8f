"""The ledger's records: what was observed of an arrival once and is never computed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.evidence import Verdict
from bot.history import ArrivalKey


class Topic(Enum):
    """What a record is about; at most one record per arrival and topic, the first wins."""

    LIVE = "live"
    SOAK = "soak"
    VERDICT = "verdict"
    DECLINED = "declined"
    LIFTED = "lifted"
    NOTIFIED = "notified"


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `at` is the observed time it speaks of (live since, soak served at, decided at, declined at).

    `verdict` is set on VERDICT only, `by` on DECLINED and LIFTED (who), `detail` says more in words; of LIVE it lists
    the digests of the images that ran. The key is that of the arrival, with these exceptions. SOAK: the environment
    it was served for, the commit of the parent's arrival.
    DECLINED: what should have come and the commit of what it should have come over; `detail` is
    `<branch>@<position of the base when it was seen>`. NOTIFIED: the digest is the sha256 of the notice's identity.
    """

    topic: Topic
    key: ArrivalKey
    at: datetime
    by: str = ""
    detail: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All records as of one commit of the ledger's branch (`head`; None: no branch yet).

    `blobs` gives the blob id of each record, which pull requests name as evidence (R11).
    """

    head: str | None
    records: Mapping[tuple[ArrivalKey, Topic], Record]
    blobs: Mapping[tuple[ArrivalKey, Topic], str]

    def get(self, key: ArrivalKey, topic: Topic) -> Record | None:
        """The record of an arrival on a topic."""
        return self.records.get((key, topic))

    def verdict(self, key: ArrivalKey) -> Verdict | None:
        """The final verdict of an arrival, if there is one."""
        record = self.get(key, Topic.VERDICT)
        return record.verdict if record else None
