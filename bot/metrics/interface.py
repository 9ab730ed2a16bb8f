"""The port to measurements: counters of a release's own pods, and plain queries, on a fixed grid of times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.series import Selector, Series


class Metrics(Protocol):
    """Read access to measurements. All times are aware (UTC).

    Both raise `OutsideError` when the source cannot be asked or refuses the query.
    """

    def counters(
        self, environment: str, selector: Selector, pods: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The raw values of the selected counters of the pods matching `pods` (anchored RE2), every `step` from
        `start` to `end` inclusive. A series has no sample where it did not exist. Nothing selected: no series."""

    def query(
        self, environment: str, expression: str, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Series]:
        """The values of a PromQL expression on the same kind of grid."""
