"""How two verdicts about the same cases compare, and the disagreements that are known and explained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from generator.k8syaml import load_all
from tests.real.cases import Case
from tests.real.verdicts import Says, Verdict

KNOWN = Path(__file__).parent / "known_disagreements.yaml"


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with the API server's verdict and ours."""

    case: Case
    server: Verdict
    ours: Verdict

    @property
    def comparable(self) -> bool:
        """Whether the manifest alone decides."""
        return self.server.says is not Says.DEPENDS

    @property
    def disagree(self) -> bool:
        """Whether the two verdicts differ where they can be compared."""
        return self.comparable and self.server.says is not self.ours.says

    def __str__(self) -> str:
        who = "we refuse" if self.ours.says is Says.REFUSES else "the API server refuses"
        return f"{self.case.name}\n    {who}: {self.ours.why or self.server.why}"


@dataclass(frozen=True, slots=True)
class Known:
    """An explained disagreement: who refuses, in which cases (a pattern of their names) and with which words."""

    refuses: str
    cases: str
    says: str
    reason: str

    def explains(self, judged: Judged) -> bool:
        """Whether this disagreement is that one."""
        verdict = judged.ours if self.refuses == "we" else judged.server
        return (
            verdict.says is Says.REFUSES
            and fnmatchcase(judged.case.name, self.cases)
            and re.search(self.says, verdict.why) is not None
        )


def known() -> tuple[Known, ...]:
    """The entries of known_disagreements.yaml."""
    (entries,) = load_all(KNOWN.read_text(encoding="utf-8"))
    return tuple(Known(**{"cases": "*"} | entry) for entry in entries["disagreements"])


def explained(judged: Sequence[Judged], entries: Sequence[Known]) -> tuple[dict[Known, list[Judged]], list[Judged]]:
    """The disagreements by the first entry that explains them, and those that none does."""
    by_entry: dict[Known, list[Judged]] = {entry: [] for entry in entries}
    left: list[Judged] = []
    for one in judged:
        if one.disagree:
            entry = next((entry for entry in entries if entry.explains(one)), None)
            (by_entry[entry] if entry else left).append(one)
    return by_entry, left
