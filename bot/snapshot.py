"""Everything one pass knows when it decides: observed once, never changed, no way to ask for more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.branch import Identity
from bot.evidence import RolloutStatus, Verdict
from bot.forge.interface import PullRequest
from bot.history import ArrivalKey, History
from bot.promotion import Prepared, Rendered
from bot.record import Ledger
from generator.policy import Gate
from generator.repository import Repository


@dataclass(frozen=True, slots=True)
class Landing:
    """Whether a landed commit is what was validated (R6). `problem` is empty when it is."""

    commit: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HeadFacts:
    """What git says of the head of one of the bot's own pull requests.

    `parent_on_base`: its only parent is a first-parent commit of the base. `ours`: its tree equals what the bot
    renders for that promotion on that parent (R2). `inputs`: the inputs hash (R5) it was rendered from, on that parent.
    `touched`: the base changed an owned path of the promotion after that parent. `moves` are what moves in it; of a
    head that is not ours nothing is known.
    """

    parent_on_base: bool
    ours: bool
    inputs: str
    touched: bool
    moves: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The world as one pass sees it.

    `head` is the base's head and `repository` what is written there. `statuses` and `verdicts` are of the current
    arrivals only; a final verdict in the ledger wins over one measured now. `landings` are the commits that landed from
    the bot's own pull requests, `heads` the facts of heads by branch and commit: of its open pull requests and
    branches, and where only the head says what moves, of what people closed and what has just landed. `stale` are the
    (environment, service) whose rendered files do not belong to their inputs (R7). `rewritten` is set when the base is
    no descendant of the last one seen. `gates` are the gates in force for each (environment, service) at the base's
    head (P10); `rendered` is what `decide.moves` asked for, and `prepared` what `decide.proposals` did, by branch.
    `branches` are the branches below `towpath/` that still exist, with their heads: what is in none of the pull
    requests' hands any more is deleted.
    """

    head: str
    repository: Repository
    history: History
    ledger: Ledger
    pulls: tuple[PullRequest, ...]
    bot: str
    statuses: Mapping[tuple[str, str], RolloutStatus] = field(default_factory=dict)
    verdicts: Mapping[ArrivalKey, Verdict] = field(default_factory=dict)
    landings: Mapping[str, Landing] = field(default_factory=dict)
    heads: Mapping[tuple[str, str], HeadFacts] = field(default_factory=dict)
    stale: frozenset[tuple[str, str]] = frozenset()
    rewritten: str | None = None
    gates: Mapping[tuple[str, str], tuple[Gate, ...]] = field(default_factory=dict)
    rendered: Mapping[Identity, Rendered] = field(default_factory=dict)
    prepared: Mapping[str, Prepared] = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)
