"""R6: whether a landed commit is what was validated. The tree is compared, whatever the forge says of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bot.branch import Identity, Together, parse_branch
from bot.forge.interface import PullRequest, PullState
from bot.prepare import Preparer
from bot.promotion import owned_paths, owners
from bot.snapshot import Landing
from generator.trees.git import Git
from generator.trees.git_log import Change

Place = tuple[str, str]


def moved(environment: str, changes: Iterable[Change]) -> list[Place]:
    """The services whose overlays change in an environment: what moves, where only the head says so."""
    overlay = re.compile(rf"environments/{re.escape(environment)}/services/([^/]+)\.yaml")
    found = (overlay.fullmatch(change.path) for change in changes)
    return sorted((environment, name[1]) for name in found if name)


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
            name = parse_branch(pull.branch)
            landed = pull.merged_as
            if name is None or pull.state is not PullState.MERGED or landed not in positions or landed is None:
                continue
            if landed not in self._known:
                problem = self._problem(landed, pull.head, name)
                self._known[landed] = Landing(landed, problem)
            found[landed] = self._known[landed]
        return found

    def _problem(self, landed: str, head: str, name: Identity | Together) -> str:
        validated_on = self._git.parents(head)[:1]  # a person may merge what has no parent
        places = self._places(name, validated_on, head)
        owned = {path for place in places for path in owned_paths(*place)}
        before = self._git.parents(landed)[0]
        strays = [change.path for change in self._git.changes(before, landed) if not owned & owners(change.path)]
        if strays:
            return f"{landed[:12]} also changed {strays[0]}, which was no part of what was validated"
        edited = self._edited(places, validated_on, before)
        for place in edited:
            if problem := self._problem_after_edit(landed, *place):
                return problem
        left = [path for place in places if place not in edited for path in owned_paths(*place)]
        if left and (changed := self._git.changes(head, landed, *left)):
            return f"{changed[0].path} in {landed[:12]} is not what was validated in {head[:12]}"
        return ""

    def _places(self, name: Identity | Together, validated_on: Sequence[str], head: str) -> list[Place]:
        """What moves in a head; nothing may, where it is not said what."""
        if isinstance(name, Identity):
            return [(name.environment, name.service)]
        return moved(name.environment, self._git.changes(validated_on[0], head)) if validated_on else []

    def _edited(self, places: Iterable[Place], validated_on: Sequence[str], before: str) -> list[Place]:
        """Those of which the base changed an owned path after they were validated."""
        changes = (change for parent in validated_on for change in self._git.changes(parent, before, "environments"))
        changed = {owner for change in changes for owner in owners(change.path)}
        return [place for place in places if changed & set(owned_paths(*place))]

    def _problem_after_edit(self, landed: str, environment: str, service: str) -> str:
        """The base changed an owned path in between: then what is rendered must belong to what is written."""
        if self._preparer.is_fresh(landed, environment, service):
            return ""
        return f"the rendered files of {service} in {environment} do not belong to their inputs in {landed[:12]}"
