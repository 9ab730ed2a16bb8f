"""Where one service stands in one environment: what `status`, `why` and `plan` tell, in the words of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.action import ClosePullRequest, Merge, OpenPullRequest, UpdatePullRequest
from bot.evidence import RolloutStatus, Verdict
from bot.forge.interface import PullRequest
from bot.held import Quarantine
from bot.hold import Hold
from generator.release import ReleaseId

Move = OpenPullRequest | UpdatePullRequest | ClosePullRequest | Merge


@dataclass(frozen=True, slots=True)
class Standing:
    """One service in one environment.

    `release` is what is there (`revision`: its pin), `verdict` what is known of it, recorded or measured just now,
    and `live_since` when it went live. `newer` is what the environments before this one run instead, nearest first.
    `withdrawn` is what took the release that is here away from environments before this one since it came here (Q2).
    `quarantines` are what may not come here (each name once), `pulls` the bot's open pull requests into it, `moves`
    what the bot does about it now, `holds` why not more, `upstream` what holds the service in the environments before.
    """

    environment: str
    service: str
    release: ReleaseId | None
    revision: str | None
    verdict: Verdict | None
    rollout: RolloutStatus | None
    live_since: datetime | None
    newer: tuple[tuple[str, ReleaseId], ...]
    withdrawn: tuple[tuple[str, Quarantine], ...]
    quarantines: tuple[Quarantine, ...]
    pulls: tuple[PullRequest, ...]
    moves: tuple[Move, ...]
    holds: tuple[Hold, ...]
    upstream: tuple[Hold, ...]
