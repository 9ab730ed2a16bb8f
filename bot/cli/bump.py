"""`towpath bump`: bring a new image of a service into the environment where releases start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.proposed import tell
from generator.cli.options import environments_option, output_option, repository_option, service_argument
from generator.report.console import out, out_json, say

if TYPE_CHECKING:
    from generator.release import ImageReference, Release
    from generator.repository import Overlay, Repository
    from generator.trees.tree import Tree


@click.command()
@service_argument(required=True)
@click.argument("image", metavar="IMAGE")
@environments_option
@click.option("--as", "name", metavar="NAME", help="Which image of the release IMAGE is.")
@click.option("--change-repository", is_flag=True, help="Allow an image from another repository than the one now.")
@click.option("--worktree", is_flag=True, help="Only edit the files here; no commit, no pull request.")
@repository_option
@output_option
def command(
    service: str,
    image: str,
    environments: tuple[str, ...],
    name: str | None,
    change_repository: bool,
    worktree: bool,
    repository: Path,
    output: str,
) -> None:
    """Open a pull request that brings IMAGE of SERVICE into the environment where releases start.

    The change is made on the newest base, with everything rendered; your work tree is left alone. A tag is resolved
    to its digest, so that every environment runs the same bytes: give the digest yourself where the registry
    cannot be reached from here. From there on the bot promotes it.

    A release can have further images by name, for sidecars and migrations. IMAGE takes the place of those that are
    of its repository, less those with another tag than the first of them; --as names one, and adds it where there is
    none of that name yet.

    \b
    Examples:
      towpath bump web ghcr.io/acme/web:1.4.2
      towpath bump web ghcr.io/acme/web:1.4.2@sha256:…
      towpath bump web ghcr.io/acme/migrate:1.4.2 --as migrate
      towpath bump web ghcr.io/acme/web:1.4.2 --worktree
    """
    wanted = Bump(_parsed(image), name, change_repository)
    make = _edit_worktree if worktree else _propose
    make(repository, service, wanted, environments, output)


def _propose(root: Path, service: str, wanted: Bump, environments: tuple[str, ...], output: str) -> None:
    """Open the pull request."""
    from bot.messages.proposals import bump_title
    from bot.propose import Change, open_session, propose

    session = open_session(root)
    overlays = targets(session.repository, service, environments)
    bump = _resolved(session.repository, overlays, wanted)
    targeted = [overlay.environment for overlay in overlays]
    edits = _edits(session.tree, session.repository, overlays, bump, session.head)
    subject = f"{service}-{bump.name}" if bump.name else service
    change = Change(
        f"bump/{subject}-{bump.image.short}",
        bump_title(f"{bump.name} of {service}" if bump.name else service, bump.image, targeted),
        edits,
        tuple((environment, service) for environment in targeted),
    )
    tell(propose(session, change), output)


@dataclass(frozen=True, slots=True)
class Bump:
    """What is asked for: the image, the name it has in the release if one is given, and whether it may come from
    another repository than before.
    """

    image: ImageReference
    name: str | None
    change_repository: bool

    def names(self, overlay: Overlay) -> list[str | None]:
        """The images of an overlay's release whose place it takes, None for the main one.

        Another tag of the same repository is another thing, such as the tools for an init container: it stays.
        """
        if self.name is not None:
            return [None if self.name == overlay.service else self.name]
        ours = {name: one for name, one in _written(overlay).items() if one.repository == self.image.repository}
        first = next(iter(ours.values()), None)
        return [name for name, one in ours.items() if first and one.tag == first.tag] or [None]


def _written(overlay: Overlay) -> dict[str | None, ImageReference]:
    """The images of an overlay's release by name, None for the main one."""
    from generator.release import parse_image

    if overlay.release is None:
        return {}
    images: dict[str | None, str] = {None: overlay.release.image, **dict(overlay.release.others)}
    return {name: parse_image(image) for name, image in images.items()}


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


def _resolved(repository: Repository, overlays: list[Overlay], bump: Bump) -> Bump:
    """The bump with the image to write (P8).

    Raises `UsageError` for another image repository, `HeldError` where it runs already.
    """
    from bot.registry import with_digest
    from generator.errors import HeldError, InputError, UsageError

    wanted = bump.image
    now = [_written(overlay).get(name) for overlay in overlays for name in bump.names(overlay)]
    others = sorted({image.repository for image in now if image and image.repository != wanted.repository})
    if others and not bump.change_repository:
        raise UsageError(
            f"{wanted.repository} is another image repository than {', '.join(others)}",
            next="check the name, allow it with --change-repository, or add it to the release with --as NAME",
        )
    if repository.settings.immutable_tags and not wanted.digest:
        if not wanted.tag:
            raise InputError(f"{wanted} has no tag", next=f"name one: {wanted}:1.2.3")
        if wanted.tag == "latest":
            what = f"{wanted} says nothing about what runs: the bytes behind it change without a commit"
            raise InputError(what, next=f"name a version, or the digest: {wanted}@sha256:…")
        resolved = wanted
    else:
        resolved = with_digest(wanted)
    if all(image == resolved for image in now):
        raise HeldError(f"nothing to do: {', '.join(overlay.environment for overlay in overlays)} has {resolved}")
    return replace(bump, image=resolved)


def _edits(
    tree: Tree, repository: Repository, overlays: list[Overlay], bump: Bump, head: str | None
) -> dict[str, bytes | None]:
    """The overlays with the image. A root follows the tree; an entry that is none keeps its pin, or gets the base."""
    from bot.edit import set_release

    edits: dict[str, bytes | None] = {}
    for overlay in overlays:
        path = overlay.source.path
        text = (tree.read(path) or b"").decode()
        release = _released(overlay, bump)
        revision = None if repository.environments[overlay.environment].is_root else release.revision or head
        edits[path] = set_release(text, replace(release, revision=revision), path).encode()
    return edits


def _released(overlay: Overlay, bump: Bump) -> Release:
    """The release of an overlay after the bump."""
    from generator.errors import UsageError
    from generator.release import Release

    if overlay.release is None and bump.names(overlay) != [None]:
        what = f"{overlay.service} is not released in {overlay.environment}, so it has no further images"
        raise UsageError(what, next="bump its main image first, without --as")
    release = overlay.release or Release(str(bump.image))
    for name in bump.names(overlay):
        release = release.with_image(name, str(bump.image))
    return release


def _edit_worktree(
    root: Path,
    service: str,
    wanted: Bump,
    environments: tuple[str, ...],
    output: str,
) -> None:
    from bot.effect import effect
    from generator.building.write import Plan, write
    from generator.cli.checkout import worktree_pins
    from generator.own_files.load import load
    from generator.trees.tree import DiskTree

    tree = DiskTree(root)
    repository = load(tree)
    overlays = targets(repository, service, environments)
    bump = _resolved(repository, overlays, wanted)
    places = [(overlay.environment, service) for overlay in overlays]
    found = effect(tree, worktree_pins(root), _edits(tree, repository, overlays, bump, None), places)
    writes = {path: content for path, content in found.edits.items() if content is not None}
    removes = tuple(sorted(path for path, content in found.edits.items() if content is None))
    write(root, Plan(writes, removes, unchanged=0, foreign=(), blocked=()))
    if output == "json":
        out_json({"image": str(bump.image), "written": sorted(writes), "removed": removes, "changes": found.summary})
        return
    for verb, paths in (("wrote", sorted(writes)), ("removed", removes)):
        for path in paths:
            out(f"{verb} {path}")
    say(f"{service} is at {bump.image} in your work tree; commit it when it is right")
