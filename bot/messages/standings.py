"""The tables and explanations that `status`, `why` and `plan` print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from bot.action import ClosePullRequest, Merge, OpenPullRequest, UpdatePullRequest
from bot.evidence import GateResult, State, Verdict
from bot.held import Name, Quarantine
from bot.messages.commit import title
from bot.messages.holds import sentence
from bot.messages.words import clock, one_line, release_name
from bot.standing import Move, Standing
from generator.release import ReleaseId, short_images

Paint = Callable[[str, State | None], str]


def plain(text: str, _: State | None) -> str:
    """No colour."""
    return text


def status_table(standings: Sequence[Standing], environments: Sequence[str], paint: Paint = plain) -> list[str]:
    """A row for each service, a column for each environment: the release there and how it stands."""
    cells = {(one.service, one.environment): one for one in standings}
    services = sorted({one.service for one in standings})
    names = [[_cell(cells.get((service, environment))) for environment in environments] for service in services]
    first = max(map(len, ["SERVICE", *services]))
    widths = [max(map(len, [environments[i].upper(), *(row[i] for row in names)])) for i in range(len(environments))]
    head = [f"{name.upper():{width}}" for name, width in zip(environments, widths, strict=True)]
    lines = ["  ".join([f"{'SERVICE':{first}}", *head]).rstrip()]
    for service, row in zip(services, names, strict=True):
        painted = [
            paint(f"{text:{width}}", _state(cells.get((service, environment))))
            for text, width, environment in zip(row, widths, environments, strict=True)
        ]
        lines.append("  ".join([f"{service:{first}}", *painted]).rstrip())
    return lines


def withdrawn_lines(standings: Iterable[Standing]) -> list[str]:
    """What runs although an environment before it could not keep it, and what to do about it."""
    return [
        f"{one.service} {release_name(one.release)} is still in {one.environment}: {_withdrawn(one)}"
        for one in standings
        if one.release and one.withdrawn
    ]


def _withdrawn(standing: Standing) -> str:
    """`it failed in staging; …`."""
    how = " and ".join(f"{_how(entry)} in {environment}" for environment, entry in standing.withdrawn)
    return f"it {how}; `towpath rollback {standing.service} -e {standing.environment}` takes it back here too"


def _how(entry: Quarantine) -> str:
    return "failed" if entry.failed else "was taken back"


def waiting_lines(standings: Iterable[Standing], now: datetime) -> list[str]:
    """What waits, each sentence once."""
    return list(dict.fromkeys(sentence(hold, now) for one in standings for hold in one.holds))


def move_line(move: Move) -> str:
    """What the bot would do now."""
    match move:
        case OpenPullRequest():
            return f"open a pull request: {move.title}"
        case UpdatePullRequest():
            return f"bring #{move.number} up to date"
        case ClosePullRequest():
            return f"close #{move.number}: {move.reason}"
        case Merge():
            return f"merge #{move.number}: {title(move.prepared.promotion)}"


def explanation(standing: Standing, now: datetime) -> list[str]:
    """`why`: everything that is known of a service in an environment, and what it waits for."""
    reasons = [f"  {hold.reason.value}: {sentence(hold, now)}" for hold in standing.holds]
    before = [f"  {hold.reason.value}: {sentence(hold, now)}" for hold in standing.upstream]
    lines = [f"{standing.service} in {standing.environment}", *_facts(standing, now), ""]
    lines += ["why nothing more happens here:", *reasons] if reasons else ["nothing is held here"]
    return [*lines, *(["in the environments before it:", *before] if before else [])]


def _facts(standing: Standing, now: datetime) -> Iterator[str]:
    if standing.release is None:
        yield "  release   none yet"
    else:
        yield f"  release   {standing.release.short}"
        if standing.revision:
            yield f"  config    templates and spec of commit {standing.revision[:12]}"
        if standing.live_since:
            yield f"  live      since {clock(standing.live_since, now)}"
        yield from _verdict_lines(standing.verdict)
        if standing.withdrawn:
            yield f"  doubtful  {_withdrawn(standing)}"
    yield from _newer_lines(standing)
    for name in dict.fromkeys(entry.name for entry in standing.quarantines):
        yield f"  away      {_named(name)} stays out until somebody lifts it"
    for pull in standing.pulls:
        yield f"  open      #{pull.number} {one_line(pull.title)}"
    for move in standing.moves:
        yield f"  now       {move_line(move)}"


def _newer_lines(standing: Standing) -> Iterator[str]:
    """What the environments before it run instead, each release once."""
    where: dict[ReleaseId, list[str]] = {}
    for environment, release in standing.newer:
        where.setdefault(release, []).append(environment)
    for release, environments in where.items():
        yield f"  next      {release_name(release, standing.release)}, now in {' and '.join(environments)}"


def standing_json(standing: Standing, now: datetime) -> dict[str, Any]:
    """A standing for programs."""
    release, verdict = standing.release, standing.verdict
    return {
        "environment": standing.environment,
        "service": standing.service,
        "image": release.image if release else None,
        "images": dict(release.others) if release else {},
        "release": release.digest if release else None,
        "revision": standing.revision,
        "state": verdict.state.value if verdict else None,
        "liveSince": standing.live_since.isoformat() if standing.live_since else None,
        "gates": [_gate_json(gate) for gate in verdict.gates] if verdict else [],
        "newer": [{"environment": where, "release": one.digest} for where, one in standing.newer],
        "withdrawn": [
            {"environment": where, "how": "failed" if entry.failed else "rolled-back"}
            for where, entry in standing.withdrawn
        ],
        "pullRequests": [pull.number for pull in standing.pulls],
        "quarantined": [{"image": one.name.image, "config": one.name.config} for one in standing.quarantines],
        "moves": [move_line(move) for move in standing.moves],
        "holds": [
            {
                "reason": hold.reason.value,
                "subject": hold.subject,
                "until": hold.until.isoformat() if hold.until else None,
                "text": sentence(hold, now),
            }
            for hold in standing.holds
        ],
    }


def _cell(standing: Standing | None) -> str:
    if standing is None:
        return "-"
    if standing.release is None:
        return "not released"
    state = _state(standing)
    return f"{release_name(standing.release)} {state.value if state else 'unknown'}"


def _state(standing: Standing | None) -> State | None:
    return standing.verdict.state if standing and standing.verdict else None


def _named(name: Name) -> str:
    return short_images(name.image) if name.image else f"the configuration {(name.config or '')[:12]}"


def _verdict_lines(verdict: Verdict | None) -> list[str]:
    if verdict is None:
        return ["  verdict   none: nothing is known of it yet"]
    lines = [f"  verdict   {verdict.state.value.upper()}{f': {one_line(verdict.detail)}' if verdict.detail else ''}"]
    return lines + [f"    {gate.gate}: {gate.state.value}, {one_line(gate.detail)}" for gate in verdict.gates]


def _gate_json(gate: GateResult) -> dict[str, Any]:
    return {
        "gate": gate.gate,
        "state": gate.state.value,
        "detail": gate.detail,
        "bad": gate.bad,
        "total": gate.total,
        "value": gate.value,
        "needed": gate.needed,
        "waitSeconds": gate.wait.total_seconds() if gate.wait else None,
    }
