"""A hold: why something that could happen does not happen, and until when. Printed everywhere, decided once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Reason(Enum):
    """Every reason the bot has for waiting; the value is what people and scripts see, `rule` where it comes from."""

    # fmt: off
    BASE_REWRITTEN = "base-rewritten"            # standing: the base is no descendant of the last one seen
    LANDED_DIFFERENTLY = "landed-differently"    # R6
    HELD = "held"                                # Q6
    OLDER_THAN_MARK = "older-than-mark"          # P1
    NOT_PASSED = "not-passed"                    # P2: a parent has no PASS yet
    VETOED = "vetoed"                            # P2: it failed or was rolled back in a parent later
    QUARANTINED = "quarantined"                  # Q2
    DECLINED = "declined"                        # R3
    BUSY = "busy"                                # P4
    SOAKING = "soaking"                          # P5
    TOGETHER = "together"                        # P6: several configurations go in one pull request
    NO_EFFECT = "no-effect"                      # P6
    UNPINNED_IMAGE = "unpinned-image"            # P8
    MISSING_VALUE = "missing-value"              # P9
    FOREIGN_HEAD = "foreign-head"                # R2
    LANDING = "landing"                          # R1: merged, the base does not show it yet
    FINDINGS = "findings"                        # R4
    CANNOT_RENDER = "cannot-render"              # R4, Q4
    STALE_RENDERED = "stale-rendered"            # R7
    MISSING_PIN = "missing-pin"                  # standing
    IN_FLIGHT = "in-flight"                      # R10
    MANUAL = "manual"                            # promotion.mode: manual
    NOT_LIVE = "not-live"                        # V5
    MEASURING = "measuring"                      # V2
    INCONCLUSIVE = "inconclusive"                # verdicts: at the deadline
    METRICS_ERROR = "metrics-error"              # verdicts: ERROR
    PREEXISTING = "preexisting"                  # V3
    FAILED_IN_ROOT = "failed-in-root"            # Q5
    EDITED = "edited"                            # Q5: FAIL in a window that somebody's edit opened
    NOTHING_TO_REVERT_TO = "nothing-to-revert-to"  # Q5
    FORWARD_ONLY = "forward-only"                # Q5
    MAX_REVERTS = "max-reverts"                  # Q5
    REVERTED_ALREADY = "reverted-already"        # Q5
    ON_FAIL_HOLD = "on-fail-hold"                # verify.onFail: hold
    # fmt: on


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing happens to a service in an environment, for this reason.

    `subject` is what waits (a release or a pull request, as people name it), `until` when it ends by itself (None:
    not before somebody acts or something else happens), `detail` completes the sentence that people read.
    `urgent`: somebody must be told, it will not pass by waiting.
    """

    reason: Reason
    environment: str
    service: str
    subject: str = ""
    until: datetime | None = None
    detail: str = ""
    urgent: bool = False
