"""R6: whether a landed commit is what was validated. The tree is compared, whatever the forge says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.branch import parse_branch
from bot.forge.interface import PullRequest, PullState
from bot.prepare import Preparer
from bot.snapshot import Landing
from generator.git import Git
from generator.repository import overlay_path, rendered_path


def owned_paths(environment: str, service: str) -> tuple[str, str]:
    """What a promotion may change: the overlay, and the folder of rendered files."""
    return overlay_path(environment, service), rendered_path(environment, service)


class LandingCheck:
    """Checks landed commits, each one once."""

    def __init__(self, git: Git, preparer: Preparer) -> None:
        self._git = git
        self._preparer = preparer
        self._known: dict[str, Landing] = {}

    def read(self, pulls: Iterable[PullRequest], positions: Mapping[str, int]) -> dict[str, Landing]:
        """The landings of the bot's pull requests that the base shows, by landed commit."""
        found = {}
        for pull in pulls:
            move = parse_branch(pull.branch)
            landed = pull.merged_as
            if move is None or pull.state is not PullState.MERGED or landed not in positions or landed is None:
                continue
            if landed not in self._known:
                problem = self._problem(landed, pull.head, move.environment, move.service)
                self._known[landed] = Landing(landed, problem)
            found[landed] = self._known[landed]
        return found

    def _problem(self, landed: str, head: str, environment: str, service: str) -> str:
        owned = owned_paths(environment, service)
        before = self._git.parents(landed)[0]
        strays = [change.path for change in self._git.changes(before, landed) if not _owned(change.path, owned)]
        if strays:
            return f"{landed[:12]} also changed {strays[0]}, which was no part of what was validated"
        validated_on = self._git.parents(head)[:1]  # a person may merge what has no parent
        if validated_on and self._git.changes(validated_on[0], before, *owned):
            return self._problem_after_edit(landed, environment, service)
        if changed := self._git.changes(head, landed, *owned):
            return f"{changed[0].path} in {landed[:12]} is not what was validated in {head[:12]}"
        return ""

    def _problem_after_edit(self, landed: str, environment: str, service: str) -> str:
        """The base changed an owned path in between: then what is rendered must belong to what is written."""
        if self._preparer.is_fresh(landed, environment, service):
            return ""
        return f"the rendered files of {service} in {environment} do not belong to their inputs in {landed[:12]}"


def _owned(path: str, owned: tuple[str, str]) -> bool:
    overlay, rendered = owned
    return path == overlay or path.startswith(rendered + "/")
