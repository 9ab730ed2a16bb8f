"""Render one service in one environment: from its resolved values to its manifests.

A manifest is proved before it leaves here: the same text with a mark in place of every value is read as Kubernetes
reads it, and the objects are that with the values put in (`skeleton.py`, `proof.py`). So no value can
change the structure that the template has, whatever it holds.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from generator.errors import InputError, Location
from generator.k8syaml import YamlError, load_all
from generator.manifest import Manifest, Span, Spans, covering, written_at
from generator.own_files.templates import FOLDER, LIBRARY, Template
from generator.rendering.filters import MIRRORS, UnfitValueError
from generator.rendering.nodes import LITERAL, Piece
from generator.rendering.proof import misplaced
from generator.rendering.provenance import located
from generator.rendering.replay import Replay, run
from generator.rendering.sandbox import Engine, template_path
from generator.rendering.skeleton import Draft
from generator.repository import Pointer, overlay_path

if TYPE_CHECKING:
    from generator.resolved import ResolvedService
    from generator.trees.tree import Tree
    from generator.values import Origins

_SUFFIX = ".j2"


class RenderError(InputError):
    """A template wrote broken YAML: `where` is its line, `rendered` the line it wrote.

    `pointer` is where the value on it stands among the service's values, if one of them is there as it is.
    """

    def __init__(self, what: str, *, where: Location, rendered: Location, pointer: Pointer | None, next: str) -> None:
        super().__init__(what, where=where, next=next, origins=(("rendered", rendered),))
        self.pointer = pointer


def render(resolved: ResolvedService) -> tuple[Manifest, ...]:
    """The manifests of a service, in the order of its template's files; a file without objects is none.

    Raises `InputError` with the line of the template for what goes wrong in it, with that of a value that is unfit.
    """
    try:
        return tuple(_manifests(resolved))
    except (UnfitValueError, RenderError) as error:
        raise _placed(resolved, error) from error


def _placed(resolved: ResolvedService, error: UnfitValueError | RenderError) -> InputError:
    """The error with the place of the value: rendered again with values that know theirs."""
    try:
        tuple(_manifests(resolved, trace=True))
    except (UnfitValueError, RenderError) as traced:
        error = traced
    place = None if error.pointer is None else resolved.origins.nearest(error.pointer)
    if isinstance(error, RenderError):
        origins = (*error.origins, ("value", place)) if place else error.origins
        return InputError(error.what, where=_with_text(resolved.tree, error.where), next=error.next, origins=origins)
    if place is None or error.pointer is None:
        return error
    name = ".".join(map(str, ("values", *error.pointer)))
    return InputError(f"{name}: {error.what}", where=place, next=error.next)


def _with_text(tree: Tree, where: Location | None) -> Location | None:
    """A place in a template with its line."""
    if where is None or where.line is None:
        return where
    lines = _text(tree, where.path).split("\n")
    return replace(where, text=lines[where.line - 1]) if where.line <= len(lines) else where


def _manifests(resolved: ResolvedService, *, trace: bool = False) -> Iterator[Manifest]:
    if not resolved.template.files:
        return
    context = context_of(resolved, trace=trace)
    files = _Files(resolved.template, resolved.tree)
    runs = run(resolved.template, _engine(files), context) if trace else _replay(files).runs(context)
    environment, service = resolved.environment.name, resolved.service
    folder = f"environments/{environment}/rendered/{service}"
    origin = overlay_path(environment, service)
    for file, draft in runs:
        name = f"{file.owner_template}/{file.name}"
        spans = Spans(partial(_traced, resolved, name))
        path = f"{folder}/{file.name.removesuffix(_SUFFIX)}"
        if manifest := assemble(path, name, draft, origin, spans, resolved.origins):
            yield manifest


def _traced(resolved: ResolvedService, name: str) -> Iterator[Span]:
    """The spans of a manifest, from rendering it again with values that know where they are written."""
    engine = _engine(_Files(resolved.template, resolved.tree))
    return spans_of(engine.pieces(name, context_of(resolved, trace=True)))


def check(template: Template, tree: Tree) -> None:
    """Raises `InputError` for a file of a template that is broken, or that includes what there is not."""
    _engine(_Files(template, tree)).check()


def context_of(resolved: ResolvedService, *, trace: bool = False) -> dict[str, Any]:
    """What a template sees, and the mirrors for the filter `mirrored`. With `trace`, values know where they stand."""
    environment, service, image = resolved.environment, resolved.service, str(resolved.image)
    values = _values(resolved)
    return {
        "service": service,
        "environment": {"name": environment.name, "namespace": resolved.namespace},
        "namespace": resolved.namespace,
        "image": image,
        "images": {service: image, **{name: str(other) for name, other in resolved.images.items()}},
        "labels": {"app.kubernetes.io/name": service, "app.kubernetes.io/managed-by": "towpath"},
        "values": located(values) if trace else values,
        MIRRORS: resolved.environment.mirrors,
    }


def assemble(
    path: str, template: str, draft: Draft, origin: str, spans: Sequence[Span], origins: Origins | None = None
) -> Manifest | None:
    """The manifest that the output of a template makes; None if there is no object in it.

    `origin` is the file that people edit to change it. Raises `RenderError` for broken YAML.
    """
    text = f"# Generated by towpath from {origin}; do not edit\n{draft.text}"
    objects = draft.objects
    if objects is None:
        objects = _read(text, path, template, draft.pieces)
    return Manifest(path, text, objects, template_path(template), spans, origins) if objects else None


def _read(text: str, path: str, template: str, pieces: Sequence[Piece]) -> tuple[Any, ...]:
    """The objects in a text, proven to be what its template means."""
    documents = _documents(text, path, template_path(template), tuple(spans_of(pieces)))
    wrong = misplaced(pieces, documents)
    if wrong is not None:
        raise _not_whole(wrong, pieces, path, text)
    return tuple(document for document in documents if document is not None)


def _not_whole(wrong: Piece, pieces: Sequence[Piece], path: str, text: str) -> RenderError:
    before = next(index for index, piece in enumerate(pieces) if piece is wrong)
    line = 2 + sum(piece.count("\n") for piece in pieces[:before])
    return RenderError(
        "the value is not the whole YAML node that it must be: what is around it is read as a part of it",
        where=Location(template_path(wrong.template), wrong.line),
        rendered=Location(path, line, None, text.split("\n")[line - 1]),
        pointer=wrong.pointer,
        next="write {{ }} outside of text blocks and of [ ] or { }, and no deeper lines or comments below it",
    )


def _documents(text: str, path: str, template: str, spans: tuple[Span, ...]) -> list[Any]:
    try:
        return load_all(text)
    except YamlError as error:
        line = error.line or 1
        lines = text.split("\n")
        shown = lines[line - 1] if line <= len(lines) else ""
        index = covering(spans, line)
        raise RenderError(
            f"this writes broken YAML, `{shown.strip()}`: {error.what}",
            where=written_at(spans, line) or Location(template),
            rendered=Location(path, line, error.column, shown),
            pointer=None if index is None else spans[index].pointer,
            next="mend the template, or the value that it writes",
        ) from error


def spans_of(pieces: Sequence[Piece]) -> Iterator[Span]:
    """Where the rendered lines come from; a line with a value on it comes from the value."""
    line, at_start = 2, True  # the first line says who wrote the file
    for piece in pieces:
        breaks = piece.count("\n")
        path = template_path(piece.template)
        if piece.value is not LITERAL:
            yield Span(line, path, piece.line, True, piece.pointer)
        elif at_start:
            yield Span(line, path, piece.line, False)
        elif breaks:
            yield Span(line + 1, path, piece.line + 1, False)
        line += breaks
        at_start = piece.endswith("\n") if piece else at_start


def _values(resolved: ResolvedService) -> dict[str, Any]:
    """The values as templates see them: instead of the names of `files`, what a ConfigMap and its mounts need."""
    if not resolved.files:
        return dict(resolved.values)
    mounts = {path: path.strip("/").replace("/", ".") for path in resolved.files}
    if len(set(mounts.values())) < len(mounts):
        raise InputError(
            f"two of the files {', '.join(mounts)} have one key in their ConfigMap",
            where=resolved.origins.nearest(("files",)),
            next="give one of them another name",
        )
    files: dict[str, dict[str, str]] = {"mounts": mounts, "data": {}, "binaryData": {}}
    for path, content in resolved.files.items():
        try:
            files["data"][mounts[path]] = content.decode()
        except UnicodeDecodeError:
            files["binaryData"][mounts[path]] = base64.b64encode(content).decode()
    return {**resolved.values, "files": files}


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a template, told apart by the template: it belongs to one tree."""

    template: Template
    tree: Tree = field(compare=False)


@lru_cache(maxsize=64)
def _engine(files: _Files) -> Engine:
    folders = [*(f"{FOLDER}/{name}" for name in files.template.chain), LIBRARY]
    paths = [path for folder in folders for path in files.tree.files(folder) if path.endswith(_SUFFIX)]
    return _compiled(tuple((path.removeprefix(f"{FOLDER}/"), _text(files.tree, path)) for path in paths))


@lru_cache(maxsize=64)
def _replay(files: _Files) -> Replay:
    return Replay(files.template, _engine(files))


@lru_cache(maxsize=64)
def _compiled(texts: tuple[tuple[str, str], ...]) -> Engine:
    """The engine of these templates: most commits change none, and to compile them takes longer than to render."""
    return Engine(dict(texts))


def _text(tree: Tree, path: str) -> str:
    try:
        return (tree.read(path) or b"").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("not UTF-8 text", where=Location(path), next="save the template as UTF-8") from error
