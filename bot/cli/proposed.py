"""How the commands that open a pull request tell what they did."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from generator.report.console import coloured, out, out_json, say

if TYPE_CHECKING:
    from bot.propose import Proposed


def tell(proposed: Proposed, output: str) -> None:
    """Print the pull request that was opened, and what to do next."""
    if output == "json":
        out_json(proposed_json(proposed))
        return
    from generator.report.text import findings_text, plain

    pull = proposed.pull
    out(f"#{pull.number} {plain(pull.title)}")
    for line in proposed.effect.summary:
        out(f"  {plain(line)}")
    if proposed.effect.findings:
        say(findings_text(proposed.effect.findings, coloured(sys.stderr)))
    say(f"see it: towpath pr show {pull.number}    merge it: towpath pr merge {pull.number}")


def proposed_json(proposed: Proposed) -> dict[str, Any]:
    """The pull request as data: `changes` are the sentences, `findings` what it would break."""
    from generator.report.json import findings_json

    return {
        "pullRequest": proposed.pull.number,
        "title": proposed.pull.title,
        "branch": proposed.pull.branch,
        "commit": proposed.commit,
        "changes": list(proposed.effect.summary),
        "findings": findings_json(proposed.effect.findings),
    }
