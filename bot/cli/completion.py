"""`towpath completion`: the script that completes commands, services and environments in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from generator.errors import UsageError
from generator.report.console import out


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands, services and environments in SHELL.

    \b
    Examples:
      eval "$(towpath completion bash)"                                       # in ~/.bashrc
      eval "$(towpath completion zsh)"                                        # in ~/.zshrc
      towpath completion fish > ~/.config/fish/completions/towpath.fish
    """
    completion = get_completion_class(shell)
    if completion is None:
        raise UsageError(f"click cannot complete in {shell}", next="use bash, zsh or fish")
    out(completion(ctx.find_root().command, {}, "towpath", "_TOWPATH_COMPLETE").source())
