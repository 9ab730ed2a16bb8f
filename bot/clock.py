"""The real clock: the only place of the bot that reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The time of this machine (UTC)."""

    def now(self) -> datetime:
        """The current time, aware."""
        return datetime.now(UTC)  # noqa: TID251  here is where the clock is read

    def advance(self, span: timedelta) -> None:
        """Return once this much time has passed."""
        time.sleep(max(0.0, span.total_seconds()))  # noqa: TID251  here is where time passes
