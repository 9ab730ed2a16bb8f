"""`towpath`: the table of all commands, each of them loaded when it is asked for.

A command is a module that exposes `command`. Help and completion of names come out of the table alone, so
that they answer at once; a name in the table without its module is a bug.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any

import click

from bot.cli.boundary import guarded

_COMPLETE = "_TOWPATH_COMPLETE"
_OF_ANOTHER = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"),
)
"""What git tells a hook of the repository that it runs it for (githooks(5)): ours is the one that was named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is (`module`, or `module:attribute`), and what it does in one line."""

    module: str
    help: str


COMMANDS: Mapping[str, Mapping[str, Entry]] = {
    "Start": {
        "demo": Entry("bot.cli.demo", "Watch an application go from a bump to prod, and a bad release come back"),
        "init": Entry("generator.cli.init", "Create a GitOps repository"),
        "import": Entry("generator.cli.import_", "Turn existing manifests into services that render the same"),
        "service": Entry("generator.cli.service", "Add services to the repository"),
        "simulate": Entry("bot.cli.simulate", "Ask what the bot would do with a release, and when"),
    },
    "Change": {
        "bump": Entry("bot.cli.bump", "Bring a new image of a service into the first environment"),
        "render": Entry("generator.cli.render", "Render the manifests of every environment"),
        "validate": Entry("generator.cli.validate", "Check the repository and what it renders, or any manifests"),
        "diff": Entry("generator.cli.diff", "Show what changes in the cluster, grouped by meaning"),
    },
    "See": {
        "status": Entry("bot.cli.status", "Show each service's release in every environment"),
        "why": Entry("bot.cli.why", "Explain why a service has or hasn't moved, and when it will"),
        "plan": Entry("bot.cli.plan", "Show what the bot would do now, and why not more"),
        "explain": Entry("generator.cli.explain", "Explain a check, or where a value of a service comes from"),
        "history": Entry("bot.cli.history", "Show the releases that a service went through"),
    },
    "Steer": {
        "rollback": Entry("bot.cli.rollback", "Take an environment back to an earlier release"),
        "hold": Entry("bot.cli.hold", "Stop promotions of a service, an environment or everything"),
        "unhold": Entry("bot.cli.hold:unhold", "End a hold"),
        "lift": Entry("bot.cli.lift", "Let in again what is kept out of an environment"),
        "remove": Entry("bot.cli.remove", "Take a service out of an environment"),
    },
    "Run": {
        "bot": Entry("bot.cli.bot", "Run the promotion bot"),
        "pr": Entry("bot.cli.pr", "Work with the pull requests of the local forge"),
        "chart": Entry("generator.cli.chart", "Bring Helm charts into the repository"),
        "template": Entry("generator.cli.template", "Make, test, add and update service templates"),
        "schema": Entry("generator.cli.schema", "Print the JSON schemas of the files, for editors"),
        "completion": Entry("bot.cli.completion", "Print what completes commands in your shell"),
    },
}


class LazyGroup(click.Group):
    """The root command: reads names and help out of `COMMANDS`, imports only the command that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for section in COMMANDS.values():
            if cmd_name in section:
                return _load(cmd_name, section[cmd_name])
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            from difflib import get_close_matches

            close = get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in section.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        named = {name: entry.help for section in COMMANDS.values() for name, entry in section.items()}
        found = [CompletionItem(name, help=named[name]) for name in named if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)


def _load(name: str, entry: Entry) -> click.Command:
    from importlib import import_module

    module, _, attribute = entry.module.partition(":")
    command: click.Command = getattr(import_module(module), attribute or "command")
    command.name = name
    return command


def _enter(_ctx: click.Context, _: click.Parameter, folder: str | None) -> None:
    if folder is None:
        return
    try:
        os.chdir(folder)
    except OSError as error:
        from generator.errors import UsageError

        raise UsageError(f"cannot work in {folder}: {error.strerror}", next="give a folder that is there") from error


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from generator.version import VERSION

        click.echo(f"towpath {VERSION}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command explains itself, with an example: towpath COMMAND --help",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
@click.option(
    "-C", metavar="DIR", expose_value=False, is_eager=True, callback=_enter, help="Work in this folder, as git does."
)
def towpath() -> None:
    """A GitOps repository generator and a promotion bot.

    Git is the only way in: the bot opens pull requests, a sync controller applies what is merged.
    """


def run(arguments: list[str]) -> int:
    """Run `towpath` with these arguments; the exit code."""
    for name in _OF_ANOTHER:
        os.environ.pop(name, None)
    return guarded(
        lambda: towpath.main(arguments, prog_name="towpath", complete_var=_COMPLETE, standalone_mode=False),
        arguments,
    )


def main() -> None:
    """The console script."""
    if None in (sys.stdout, sys.stderr):  # whoever closes a stream wants nothing of what goes there
        nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream in (sys.stdout, sys.stderr):  # any text and name can be told, and JSON stays JSON, whatever the locale
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if _COMPLETE not in os.environ:
        sys.exit(run(sys.argv[1:]))
    towpath.main(prog_name="towpath", complete_var=_COMPLETE)


if __name__ == "__main__":
    main()
