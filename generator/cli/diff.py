"""`towpath diff`: what changes in the cluster, told by meaning instead of by line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli.options import output_option, repository_option
from generator.errors import UsageError
from generator.report.console import coloured, out, out_json, say

if TYPE_CHECKING:
    from generator.diff import Change, Placed
    from generator.trees.git import Git
    from generator.trees.tree import Tree


@click.command()
@click.argument("old", required=False, default="HEAD", metavar="[REV")
@click.argument("new", required=False, metavar="[REV]]")
@repository_option
@output_option
def command(old: str, new: str | None, repository: Path, output: str) -> None:
    """Show what changes in the cluster between two commits, or a commit and the work tree.

    The rendered files are compared, object by object, and each change is told in a line under what it means. With one
    REV that commit is compared with the work tree, without any it is HEAD.

    \b
    Examples:
      towpath diff                  # what is not committed yet
      towpath diff main             # this branch against main
      towpath diff v1.2 v1.3        # between two commits
    """
    from generator.diff import compare
    from generator.trees.git import Git
    from generator.trees.tree import DiskTree

    git = Git(repository)
    _check_top(git, repository)
    before: Tree = git.tree(_commit(git, old))
    after: Tree = git.tree(_commit(git, new)) if new else DiskTree(repository)
    paths = _changed(before, after)
    changes = compare(_objects(before, paths), _objects(after, paths))
    if output == "json":
        out_json([_json(change) for change in changes])
    elif changes:
        out("\n".join(_text(changes, coloured(sys.stdout))))
    else:
        say("nothing changes in the cluster")


def _check_top(git: Git, root: Path) -> None:
    top = git.run("rev-parse", "--show-toplevel")
    if Path(top).resolve() != root.resolve():
        raise UsageError(
            f"the repository must be the top folder of its git repository, which is {top}",
            next="keep towpath.yaml, templates and environments in a git repository of their own",
        )


def _commit(git: Git, name: str) -> str:
    """The id of a commit named in any of git's ways (`HEAD~2`): these names come from the person at the keyboard."""
    from generator.trees.git_error import GitError

    try:
        return git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError:
        raise UsageError(f"there is no commit {name!r}", next="give a branch, a tag or a commit id") from None


def _changed(before: Tree, after: Tree) -> list[str]:
    """The rendered manifests whose content differs, sorted."""
    paths = {path for tree in (before, after) for path in tree.files("environments")}
    rendered = [path for path in paths if path.split("/")[2:3] == ["rendered"] and path.endswith(".yaml")]
    return sorted(path for path in rendered if before.blob_id(path) != after.blob_id(path))


def _objects(tree: Tree, paths: Iterable[str]) -> Iterator[Placed]:
    from generator.diff import Placed
    from generator.k8syaml import load_all

    for path in paths:
        content = tree.read(path)
        _, environment, _, service, *_ = path.split("/")
        for value in load_all((content or b"").decode("utf-8", "replace"), path):
            if isinstance(value, dict):
                yield Placed(environment, service, value)


def _text(changes: Iterable[Change], colour: bool) -> Iterator[str]:
    from generator.report.text import paint, plain

    for place, inside in groupby(changes, key=lambda change: f"{change.environment}/{change.service}"):
        yield paint(place, "place", colour)
        for meaning, same in groupby(inside, key=lambda change: change.meaning):
            yield f"  {meaning.value}"
            yield from (f"    {plain(change.text)}" for change in same)


def _json(change: Change) -> dict[str, Any]:
    return {
        "environment": change.environment,
        "service": change.service,
        "meaning": change.meaning.value,
        "object": change.subject,
        "text": change.text,
    }
