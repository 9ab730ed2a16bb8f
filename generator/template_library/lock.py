"""`templates/towpath.lock`: where each template that is not ours came from, and what it was then.

The blob ids of the files as they came tell what was changed here since; git's history has their content, so that
`towpath template update` can merge three ways without a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.errors import InputError, Location
from generator.file_schemas import read_source
from generator.k8syaml import dump
from generator.own_files.templates import FOLDER
from generator.release import is_commit
from generator.trees.tree import Tree

PATH: Final = f"{FOLDER}/towpath.lock"
SHIPPED: Final = "towpath"
"""The source of the templates that come with the tool."""

_HEADER: Final = (
    "# Where templates came from, and what they were then; written by `towpath init` and `towpath template`.\n"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one template came from.

    `source` is a git URL with the `path` in it, the `ref` that was asked for and the `commit` that it was; or `SHIPPED`
    with the `version` of the tool. `files` are the blob ids by path below the template's folder.
    """

    source: str
    files: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    path: str | None = None
    ref: str | None = None
    commit: str | None = None

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the tool."""
        return self.source == SHIPPED

    @property
    def state(self) -> str:
        """Which state of its source it is, in a word."""
        return self.version or (self.commit or "")[:12]


def read(tree: Tree) -> dict[str, Origin]:
    """The origins by template; none without a lock. Raises `InputError` for a lock that is damaged."""
    source = read_source(tree, PATH)
    if source is None:
        return {}
    written = source.data.get("templates")
    if source.data.get("version") != 1 or not isinstance(written, Mapping):
        raise _damaged()
    return {str(name): _origin(entry) for name, entry in written.items()}


def _origin(entry: Any) -> Origin:
    known = {"source", "version", "path", "ref", "commit"}
    if not isinstance(entry, Mapping) or not isinstance(entry.get("files"), Mapping) or set(entry) - {*known, "files"}:
        raise _damaged()
    facts = {key: entry[key] for key in known if key in entry}
    ids = {str(path): str(blob) for path, blob in entry["files"].items()}
    if "source" not in facts or not all(isinstance(value, str) for value in facts.values()):
        raise _damaged()
    if not all(map(is_commit, [*ids.values(), *([facts["commit"]] if "commit" in facts else [])])):
        raise _damaged()
    return Origin(files=ids, **facts)


def _damaged() -> InputError:
    return InputError("this is no lock of templates", where=Location(PATH), next="restore it: git checkout -- " + PATH)


def format(origins: Mapping[str, Origin]) -> bytes:
    """The content of the lock."""
    entries = {name: _entry(origin) for name, origin in sorted(origins.items())}
    return (_HEADER + dump({"version": 1, "templates": entries})).encode()


def _entry(origin: Origin) -> dict[str, Any]:
    facts = {
        "source": origin.source,
        "version": origin.version,
        "path": origin.path,
        "ref": origin.ref,
        "commit": origin.commit,
    }
    return {
        **{key: value for key, value in facts.items() if value is not None},
        "files": dict(sorted(origin.files.items())),
    }
