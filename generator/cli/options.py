"""Options that commands share, so that a word means the same everywhere.

The service is positional, the environment is `-e/--env`, the repository `-C/--repository`, and whatever
prints data has `--output`. Names are checked when the command line is read, with "did you mean".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click

from generator.errors import InputError, UsageError
from generator.remembered.glance import repository_above
from generator.suggest import one_of
from generator.trees.looks import SETTINGS

Command = TypeVar("Command", bound=Callable[..., object])


def patterns(texts: Iterable[str]) -> list[re.Pattern[str]]:
    """The expressions of `--ignore-filename-pattern`; raises `UsageError` for one that is none."""
    found = []
    for text in texts:
        try:
            found.append(re.compile(text))
        except re.error as error:
            raise UsageError(
                f"--ignore-filename-pattern {text!r} is no regular expression: {error}",
                next="write one of Python's, which is searched for in paths, such as 'templates/'",
            ) from None
    return found


def find_repository(start: Path) -> Path:
    """The nearest folder with a towpath.yaml, from `start` upwards; raises `InputError` where there is none."""
    start = start.absolute()
    if not start.is_dir():
        raise UsageError(f"{start} is no folder", next="give the folder of a repository with -C")
    if found := repository_above(str(start)):
        return Path(found)
    raise InputError(
        f"there is no {SETTINGS} in {start} or in a folder above it",
        next="create a repository with 'towpath init', or name one with -C",
    )


def environments(root: Path) -> list[str]:
    """The names of the environments of a repository, sorted."""
    return sorted(path.parent.name for path in (root / "environments").glob("*/environment.yaml"))


def services(root: Path) -> list[str]:
    """The names of all services that have a base spec or an overlay, sorted."""
    return sorted({path.stem for path in (root / "environments").glob("*/services/*.yaml")})


def _root(ctx: click.Context) -> Path:
    found = ctx.params.get("repository")
    return found if isinstance(found, Path) else find_repository(Path())


def _take_repository(ctx: click.Context, _: click.Parameter, value: Path | None) -> Path | None:
    return None if ctx.resilient_parsing else find_repository(value or Path())


def repository_option(command: Command) -> Command:
    """`-C/--repository PATH` → `repository: Path`, the root of the GitOps repository."""
    return click.option(
        "-C",
        "--repository",
        type=click.Path(path_type=Path),
        metavar="PATH",
        callback=_take_repository,
        is_eager=True,
        help="The repository; by default the nearest folder upwards that has a towpath.yaml.",
    )(command)


def reason_option(words: str) -> Callable[[Command], Command]:
    """`--reason TEXT` → `reason: str`, which says something."""
    return click.option("--reason", required=True, metavar="TEXT", callback=_said, help=words)


def _said(_: click.Context, __: click.Parameter, value: str) -> str:
    if not value.strip():
        raise UsageError("the reason is empty", next='say in a few words why: --reason "incident 4711"')
    return value


def output_option(command: Command) -> Command:
    """`-o/--output text|json` → `output: str`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="For people or for programs; with json, errors are one line of JSON on stderr.",
    )(command)


def _complete(names: Callable[[Path], list[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [name for name in names(_root(ctx)) if name.startswith(incomplete)]
        except (InputError, UsageError):
            return []

    return complete


def _check_environments(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    known = environments(_root(ctx)) if value else []
    return tuple(dict.fromkeys(one_of("environment", name, known) for name in value))


def _check_environment(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    return value if value is None else one_of("environment", value, environments(_root(ctx)))


def _check_service(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    return value if value is None else one_of("service", value, services(_root(ctx)))


def environments_option(command: Command) -> Command:
    """`-e/--env ENV`, as often as wanted → `environments: tuple[str, ...]`, empty for all."""
    return click.option(
        "-e",
        "--env",
        "environments",
        multiple=True,
        metavar="ENV",
        callback=_check_environments,
        shell_complete=_complete(environments),
        help="Only this environment; may be given several times.",
    )(command)


def environment_option(*, required: bool) -> Callable[[Command], Command]:
    """`-e/--env ENV`, once → `environment: str` (or None where it is not required)."""
    return click.option(
        "-e",
        "--env",
        "environment",
        required=required,
        metavar="ENV",
        callback=_check_environment,
        shell_complete=_complete(environments),
        help="The environment." if required else "Only this environment.",
    )


def service_argument(*, required: bool) -> Callable[[Command], Command]:
    """`SERVICE` → `service: str` (or None where it is not required)."""
    return click.argument(
        "service",
        required=required,
        metavar="SERVICE" if required else "[SERVICE]",
        callback=_check_service,
        shell_complete=_complete(services),
    )
