"""What is never read, whatever tree it is in: errors that several ways of reading share."""

from __future__ import annotations

from typing import Final

from generator.errors import InputError, Location

LARGEST: Final = 16 * 2**20
"""Bytes of the largest file that is ever read."""


def too_large(path: str) -> InputError:
    """The error for a file that no repository of manifests needs."""
    what = f"the file is larger than {LARGEST // 2**20} MiB"
    return InputError(what, where=Location(path), next="keep it out of the folders that towpath reads")


def too_deep(path: str, deepest: int) -> InputError:
    """The error for folders in folders without end."""
    where = Location("/".join(path.split("/")[:3]))
    return InputError(f"folders are nested more than {deepest} deep", where=where, next="remove them")


def odd(path: str) -> InputError:
    """The error for a pipe, a socket or a device."""
    return InputError("neither a file nor a folder", where=Location(path), next="remove it")


def link(path: str) -> InputError:
    """The error for a link."""
    return InputError("links are not followed", where=Location(path), next="replace it by a regular file")
