"""Jobs, and when a CronJob starts them (`pkg/apis/batch/validation`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.cron import problem
from generator.checks.example import job
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.quantity import whole
from generator.workload import items, listed, mapping

_ZONE: Final = re.compile(r"^(CRON_)?TZ=\S+ +")
_SPEC: Final = "batch.v1.JobSpec"
_SPECS: Final[Mapping[str, tuple[str, ...]]] = {"Job": ("spec",), "CronJob": ("spec", "jobTemplate", "spec")}


def _schedules(scope: Scope) -> Iterator[Problem]:
    """Before 1.29, a schedule without timeZone may begin with its time zone."""
    has_zones = scope.minor < 29
    for placed in scope.of("CronJob"):
        spec = mapping(placed.value, "spec")
        schedule = spec.get("schedule")
        if not isinstance(schedule, str) or not schedule:
            continue
        has_zone = has_zones and spec.get("timeZone") is None
        if wrong := problem(_ZONE.sub("", schedule) if has_zone else schedule):
            yield Problem(placed, ("spec", "schedule"), f"{placed.title}: the schedule {schedule!r}: {wrong}")


def _time_zones(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("CronJob"):
        zone = mapping(placed.value, "spec").get("timeZone")
        if isinstance(zone, str) and not _is_zone(zone):
            yield Problem(placed, ("spec", "timeZone"), f"{placed.title}: there is no time zone {zone!r}")


@lru_cache(maxsize=64)
def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo, available_timezones

    if name.lower() == "local" or re.fullmatch(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*", name) is None:
        return False
    known = available_timezones()
    return name in known or (not known and bool(ZoneInfo))


_LABEL: Final = 63
_MANY, _OF_MANY = 100_000, 10_000
"""From how many completions on less may be asked of each, and how much."""


def _jobs(scope: Scope) -> Iterator[Problem]:
    for kind, path in _SPECS.items():
        for placed in scope.of(kind):
            written = mapping(placed.value, *path)
            kept = {field: value for field, value in written.items() if not scope.drops(_SPEC, field)}
            spec = _counted(kept, kind)
            for field, words in (*_indexed(spec), *_policies(spec), *_successes(spec), *_selected(spec, placed)):
                yield Problem(placed, (*path, field), f"{placed.title}: {words}")
    yield from _hostnames(scope)


def _hostnames(scope: Scope) -> Iterator[Problem]:
    """Each pod of an indexed Job has a host's name: that of the Job, and its index."""
    for placed in scope.of("Job"):
        spec = mapping(placed.value, "spec")
        last = f"{placed.name}-{(whole(spec.get('completions')) or 1) - 1}"
        if spec.get("completionMode") == "Indexed" and (len(last) > _LABEL or "." in placed.name):
            message = f"{placed.title}: its pods are named like {last}, which is no DNS label of at most {_LABEL}"
            yield Problem(placed, ("metadata", "name"), message)


def _counted(spec: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The spec of a Job with one completion if it does not count; what a CronJob makes Jobs of gets no default.

    SetDefaults_Job in `pkg/apis/batch/v1/defaults.go`.
    """
    counts = kind == "CronJob" or any(spec.get(field) is not None for field in ("completions", "parallelism"))
    return spec if counts else {**spec, "completions": 1}


def _indexed(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that only make sense where each pod has a number, and those that it needs."""
    indexed = spec.get("completionMode") == "Indexed"
    per_index, failed = spec.get("backoffLimitPerIndex"), whole(spec.get("maxFailedIndexes"))
    completions = whole(spec.get("completions"))
    if indexed and completions is None:
        yield "completionMode", "Indexed needs to know how many completions there are"
    if failed is not None and per_index is None:
        yield "maxFailedIndexes", "maxFailedIndexes needs backoffLimitPerIndex"
    if failed is not None and completions is not None and failed > completions:
        yield "maxFailedIndexes", f"{failed} of {completions} indexes cannot fail"
    if indexed and per_index is not None and completions is not None and completions > _MANY:
        if failed is None:
            yield "completions", f"more than {_MANY} completions with backoffLimitPerIndex need maxFailedIndexes"
        for field in ("parallelism", "maxFailedIndexes"):
            if (whole(spec.get(field)) or 0) > _OF_MANY:
                yield field, f"{field} is at most {_OF_MANY} with so many completions"
    for field in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
        if not indexed and spec.get(field) is not None:
            yield field, f"{field} needs completionMode: Indexed"


def _policies(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if spec.get("podFailurePolicy") is None:
        return
    if mapping(spec, "template", "spec").get("restartPolicy") == "OnFailure":
        yield "podFailurePolicy", "podFailurePolicy needs restartPolicy: Never"
    if spec.get("podReplacementPolicy") == "TerminatingOrFailed":
        yield "podReplacementPolicy", "podFailurePolicy needs podReplacementPolicy: Failed"
    known = {
        str(container.get("name"))
        for group in ("containers", "initContainers")
        for _, container in items(spec, "template", "spec", group)
    }
    for index, rule in items(spec, "podFailurePolicy", "rules"):
        name = mapping(rule, "onExitCodes").get("containerName")
        if isinstance(name, str) and name not in known:
            yield "podFailurePolicy", f"podFailurePolicy.rules.{index} is about {name}, which is no container of it"
        numbers = [whole(value) for value in listed(rule, "onExitCodes", "values")]
        if any(a is not None and b is not None and a > b for a, b in pairwise(numbers)):
            yield "podFailurePolicy", f"the exit codes of podFailurePolicy.rules.{index} have to be in order"


def _successes(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a successPolicy counts has to be there."""
    completions = whole(spec.get("completions"))
    for index, rule in items(spec, "successPolicy", "rules"):
        place, count = f"successPolicy.rules.{index}", whole(rule.get("succeededCount"))
        indexes = rule.get("succeededIndexes")
        chosen = _intervals(indexes) if isinstance(indexes, str) else None
        most = None if chosen is None else sum(part[-1] - part[0] + 1 for part in chosen)
        if chosen and not _in_order(chosen):
            yield "successPolicy", f"{place}.succeededIndexes {indexes} are not in order"
        elif chosen and completions is not None and chosen[-1][-1] >= completions:
            yield "successPolicy", f"{place}.succeededIndexes has {chosen[-1][-1]}; the last index is {completions - 1}"
        elif most is not None and count is not None and count > most:
            yield "successPolicy", f"{place}.succeededCount is {count}, and {most} indexes are listed"
        elif count is not None and completions is not None and count > completions:
            yield "successPolicy", f"{place}.succeededCount is {count}, and completions is {completions}"


def _in_order(intervals: Sequence[tuple[int, ...]]) -> bool:
    each = all(first < last for first, *ends in intervals for last in ends)
    return each and all(a[-1] < b[0] for a, b in pairwise(intervals))


def _intervals(text: str) -> tuple[tuple[int, ...], ...] | None:
    """The parts of a text such as 0,2-5, each with its one or two numbers; None where it is no such text."""
    if not text:
        return ()
    if not re.fullmatch(r"[0-9]{1,9}(-[0-9]{1,9})?(,[0-9]{1,9}(-[0-9]{1,9})?)*", text):
        return None
    return tuple(tuple(int(number) for number in part.split("-")) for part in text.split(","))


def _selected(spec: Mapping[str, Any], placed: RenderedObject) -> Iterator[tuple[str, str]]:
    """What tells the pods of a Job from others is made for it (validateGeneratedSelector)."""
    by_hand = spec.get("manualSelector") is True
    there = spec.get("selector") is not None
    if there and not by_hand and (placed.kind == "CronJob" or any(mapping(spec, "selector").values())):
        yield "selector", "the selector of a Job is made for it, and differs for every Job"
    if placed.kind == "CronJob" and by_hand:
        yield "manualSelector", "all Jobs of a CronJob would have one selector"
    labels = mapping(spec, "template", "metadata", "labels") if placed.kind == "Job" and not by_hand else {}
    for domain in ("", "batch.kubernetes.io/") if labels else ():
        if f"{domain}controller-uid" in labels:
            yield "template", f"the label {domain}controller-uid of its pods is made for it, and differs for every Job"
        name = labels.get(f"{domain}job-name", placed.name)
        if placed.name and name != placed.name:
            yield "template", f"the label {domain}job-name of its pods is {name}, which is another Job"


def cron_job(spec: str) -> str:
    """A CronJob with these lines in its spec."""
    template = "jobTemplate:\n  spec:\n    template:\n      spec:\n        restartPolicy: Never\n        containers:\n"
    text = f"{spec}\n{template}        - name: server\n          image: ghcr.io/acme/report:1.0.0"
    lines = "\n".join(f"  {line}" for line in text.split("\n"))
    return f"apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: report}}\nspec:\n{lines}\n"


FAMILY = Family(
    "jobs",
    "Jobs",
    "Jobs, and when a CronJob starts them.",
    (
        Check(
            "cron-schedule",
            Severity.ERROR,
            Basis.REFUSED,
            "a schedule is five fields, minute, hour, day of the month, month and day of the week, or @daily",
            "correct the schedule",
            _schedules,
            cron_job('schedule: "30 4 * * mon-fri"'),
            cron_job('schedule: "30 24 * * mon-fri"'),
            kinds=("CronJob",),
        ),
        Check(
            "time-zone",
            Severity.ERROR,
            Basis.REFUSED,
            "time zones have the names of the IANA database, such as Europe/Berlin",
            "correct the name, or remove it: the schedule is then in the time zone of the controller, mostly UTC",
            _time_zones,
            cron_job('schedule: "@daily"\ntimeZone: Europe/Berlin'),
            cron_job('schedule: "@daily"\ntimeZone: Europe/Bern'),
            kinds=("CronJob",),
        ),
        Check(
            "job-fields",
            Severity.ERROR,
            Basis.REFUSED,
            "some fields of a Job need others",
            "add the field that is needed, or remove the one that needs it",
            _jobs,
            job(spec="completionMode: Indexed\ncompletions: 3"),
            job(spec="completionMode: Indexed\nparallelism: 3"),
            kinds=(*_SPECS,),
        ),
    ),
)
