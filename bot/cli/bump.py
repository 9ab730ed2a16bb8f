"""`towpath bump`: bring a new image of a service into the environment where releases start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.proposed import tell
from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.report.console import out, out_json, say

if TYPE_CHECKING:
    from generator.release import ImageReference
    from generator.repository import Overlay, Repository
    from generator.tree import Tree


@click.command()
@service_argument(required=True)
@click.argument("image", metavar="IMAGE")
@environments_option
@click.option("--change-repository", is_flag=True, help="Allow an image from another repository than the one now.")
@click.option("--worktree", is_flag=True, help="Only edit the files here; no commit, no pull request.")
@repository_option
@output_option
def command(
    service: str,
    image: str,
    environments: tuple[str, ...],
    change_repository: bool,
    worktree: bool,
    repository: Path,
    output: str,
) -> None:
    """Open a pull request that brings IMAGE of SERVICE into the environment where releases start.

    The change is made on the newest base, with everything rendered; your work tree is left alone. A tag is resolved
    to its digest, so that every environment runs the same bytes: give the digest yourself where the registry
    cannot be reached from here. From there on the bot promotes it.

    \b
    Examples:
      towpath bump web ghcr.io/acme/web:1.4.2
      towpath bump web ghcr.io/acme/web:1.4.2@sha256:…
      towpath bump web ghcr.io/acme/web:1.4.2 --worktree
    """
    wanted = _parsed(image)
    if worktree:
        _edit_worktree(repository, service, wanted, environments, change_repository, output)
        return
    from bot.messages.proposals import bump_title
    from bot.propose import Change, open_session, propose

    session = open_session(repository)
    overlays = targets(session.repository, service, environments)
    resolved = _resolved(session.repository, overlays, wanted, change_repository)
    names = [overlay.environment for overlay in overlays]
    edits = _edits(session.tree, session.repository, overlays, resolved, session.head)
    change = Change(
        f"bump/{service}-{resolved.short}",
        bump_title(service, resolved, names),
        edits,
        tuple((name, service) for name in names),
    )
    tell(propose(session, change), output)


def _parsed(image: str) -> ImageReference:
    from generator.errors import InputError, UsageError
    from generator.release import parse_image

    try:
        return parse_image(image)
    except InputError as error:
        raise UsageError(error.what, next=error.next) from error


def targets(repository: Repository, service: str, environments: tuple[str, ...]) -> list[Overlay]:
    """The overlays to bump: the named ones, or those of the environments where releases of the service start."""
    from bot.decide.pipeline import parents
    from bot.effect import overlay_of
    from generator.errors import InputError, UsageError

    entries = [env for env, name in repository.overlays if name == service and not parents(repository, env, service)]
    for environment in environments:
        overlay_of(repository, environment, service)
        if environment not in entries:
            raise UsageError(
                f"releases of {service} come into {environment} by promotion, not by a bump",
                next=f"bump it in {' or '.join(sorted(entries))}; once it has passed there the bot brings it on",
            )
    if not entries:
        raise InputError(
            f"{service} is in no environment on the base branch",
            next=f"add environments/<environment>/services/{service}.yaml and merge it first",
        )
    return [repository.overlays[environment, service] for environment in environments or sorted(entries)]


def _resolved(
    repository: Repository, overlays: list[Overlay], wanted: ImageReference, change_repository: bool
) -> ImageReference:
    """The image to write (P8). Raises `UsageError` for another image repository, `HeldError` where it runs already."""
    from bot.registry import with_digest
    from generator.errors import HeldError, InputError, UsageError
    from generator.release import parse_image

    now = [parse_image(overlay.release.image) for overlay in overlays if overlay.release]
    others = sorted({image.repository for image in now if image.repository != wanted.repository})
    if others and not change_repository:
        raise UsageError(
            f"{wanted.repository} is another image repository than {', '.join(others)}",
            next="check the name, or allow it with --change-repository",
        )
    if repository.settings.immutable_tags and not wanted.digest:
        if not wanted.tag:
            raise InputError(f"{wanted} has no tag", next=f"name one: {wanted}:1.2.3")
        resolved = wanted
    else:
        resolved = with_digest(wanted)
    if len(now) == len(overlays) and all(image == resolved for image in now):
        raise HeldError(f"nothing to do: {', '.join(overlay.environment for overlay in overlays)} has {resolved}")
    return resolved


def _edits(
    tree: Tree, repository: Repository, overlays: list[Overlay], image: ImageReference, head: str | None
) -> dict[str, bytes | None]:
    """The overlays with the image. A root follows the tree; an entry that is none keeps its pin, or gets the base."""
    from bot.edit import set_release
    from generator.release import Release

    edits: dict[str, bytes | None] = {}
    for overlay in overlays:
        path = overlay.source.path
        text = (tree.read(path) or b"").decode()
        pin = overlay.release.revision if overlay.release else None
        revision = None if repository.environments[overlay.environment].is_root else pin or head
        edits[path] = set_release(text, Release(str(image), revision), path).encode()
    return edits


def _edit_worktree(
    root: Path,
    service: str,
    wanted: ImageReference,
    environments: tuple[str, ...],
    change_repository: bool,
    output: str,
) -> None:
    from bot.effect import effect
    from generator.cli.checkout import worktree_pins
    from generator.load import load
    from generator.tree import DiskTree
    from generator.write import Plan, write

    tree = DiskTree(root)
    repository = load(tree)
    overlays = targets(repository, service, environments)
    resolved = _resolved(repository, overlays, wanted, change_repository)
    places = [(overlay.environment, service) for overlay in overlays]
    found = effect(tree, worktree_pins(root), _edits(tree, repository, overlays, resolved, None), places)
    writes = {path: content for path, content in found.edits.items() if content is not None}
    removes = tuple(sorted(path for path, content in found.edits.items() if content is None))
    write(root, Plan(writes, removes, unchanged=0, foreign=(), blocked=()))
    if output == "json":
        out_json({"image": str(resolved), "written": sorted(writes), "removed": removes, "changes": found.summary})
        return
    for verb, paths in (("wrote", sorted(writes)), ("removed", removes)):
        for path in paths:
            out(f"{verb} {path}")
    say(f"{service} is at {resolved} in your work tree; commit it when it is right")
