"""What means harm costs next to nothing: each attack is refused in less than 100 ms of computing, in words that help.

Measured is all of `towpath validate` on a small repository, which takes 4 ms without an attack.
"""

from __future__ import annotations

import re
from functools import partial

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, write_files
from tests.pace import timed

MOST = 0.1
"""Seconds of computing."""

SPEC = "environments/base/services/web.yaml"
MANIFEST = "environments/base/services/web/manifests/map.yaml"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n"

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
YAML = {
    "aliases of aliases": (LAUGHS, "document contains excessive aliasing"),
    "a list that is repeated": (f"a: &a [{'x,' * 9_000}]\nb: [{'*a,' * 9_000}]\n", "excessive aliasing"),
    "a text that is repeated": (f"a: &a {'x' * 200_000}\nb: [{'*a,' * 90_000}]\n", "excessive aliasing"),
    "texts in a list that is repeated": (f"a: &a [{'x' * 500_000}]\nb: [{'*a,' * 20}]\n", "excessive aliasing"),
    "a map that is merged": (f"a: &a {{{', '.join(f'k{n}: 1' for n in range(9_999))}}}\nb: {{<<: [*a, *a]}}\n", "key"),
    "many keys": ("".join(f"k{n}: v{n}\n" for n in range(70_000)), "0,000 keys"),
    "numbers as keys": ("".join(f"{n}: 0x{n}\n" for n in range(70_000)), "0,000 keys"),
    "brackets": ("a: " + "[" * 500_000, "more than 200 levels of maps and lists"),
    "braces": ("{a: " * 200_000, "more than 200 levels of maps and lists"),
    "dashes": ("a:\n" + "- " * 400_000 + "x", "more than 200 levels of maps and lists"),
    "steps": ("".join(f"{' ' * n}a:\n" for n in range(1_300)), "more than 200 levels of maps and lists"),
    "question marks": ("? " * 400_000, "a map or list cannot be a key"),
    "documents": ("\n---\na: 1" * 20_000, "more than 10,000 documents"),
    "a quote": ('a: "' + "x" * 900_000, 'the " that opens here is never closed'),
    "a control character": ("a: " + "x" * 900_000 + "\0\n", "U+0000 is not allowed in YAML"),
    "a key of 900 KB": ("x" * 900_000 + ": 1\n", "a key cannot begin here"),
    "colons": (": " * 400_000, "indented like nothing"),
    "no base64": (f"a: !!binary {'A' * 900_000}*\n", "invalid base64 data"),
    "a directive": ("\n---\n" + "%x\n" * 200_000, "found unknown directive name"),
}
OURS = {
    "lists without end": (f"a: [{'1,' * 30_000}]\n", "more than 20,000 keys and values in one document"),
    "unknown fields": ("".join(f"k{n}: v\n" for n in range(9_999)), "unknown field 'k0'"),
    "unknown values": (
        "template: web\nvalues:\n  port: 80\n" + "".join(f"  k{n}: v\n" for n in range(8_000)),
        "k0",
    ),
    "lists for numbers": (f"template: web\nvalues: {{port: [{'[],' * 9_000}]}}\n", "expected integer, got list"),
    "a text for a number": (f"template: web\nvalues: {{port: '{'x' * 900_000}'}}\n", "expected integer, got string"),
    "digits": (f"template: web\nvalues: {{port: {'9' * 100_000}}}\n", "expected integer, got string"),
    "a number beyond all numbers": ("template: web\nvalues: {port: 1e999999}\n", "expected integer, got string"),
    "2 MiB": ("#" * 2**21, "the file has 2,097,156 bytes"),
}


def refused(root, path, text, capsys):
    """How many seconds of computing it takes to refuse a repository with this file, and what is said."""
    seconds: list[float] = []
    while len(seconds) < 10 and min(seconds, default=MOST) >= MOST:  # others may be at work on this machine
        write_files(root, {**FILES, path: f"# {len(seconds)}\n{text}"})  # nothing knows it from before
        took, code = timed(partial(run, ["validate", "-C", str(root)]))
        assert code == 1
        seconds.append(took)
        said = capsys.readouterr()
    return min(seconds), said.out + said.err


@pytest.mark.parametrize(("path", "attacks"), [(SPEC, YAML | OURS), (MANIFEST, YAML)], ids=["spec", "manifest"])
def test_a_file_that_means_harm_is_refused_where_it_does_and_at_once(path, attacks, tmp_path, capsys):
    for name, (text, what) in attacks.items():
        seconds, said = refused(tmp_path, path, text, capsys)
        assert what in said, f"{name}: {said[:500]}"
        assert re.search(rf"--> {path}(:\d+:\d+)?\n", said), f"{name}: {said[:500]}"
        assert re.search(r"(next|fix): \S|(known|declared) here: |expected ", said), f"{name}: {said[:500]}"
        assert seconds < MOST, f"{name}: {seconds:.3f} s"


def test_what_is_large_but_honest_is_read_as_fast(tmp_path, capsys):
    honest = {"a long text": MAP + "data:\n  text: |\n" + "    some words of a text\n" * 36_000}
    honest["many keys"] = MAP + "data:\n" + "".join(f"  key-{number}: text\n" for number in range(1_000))
    for name, text in honest.items():
        write_files(tmp_path, {**FILES, MANIFEST: text})
        assert run(["render", "-C", str(tmp_path)]) == 0, name
        seconds, code = timed(partial(run, ["validate", "-C", str(tmp_path)]))
        assert code == 0 and seconds < 3 * MOST, name
