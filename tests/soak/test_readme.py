"""What the README shows is what happens: its demo is played, its commands are run, and the output is compared.

Ids and times differ from run to run and are compared by their form. `pytest tests/soak --update-golden`
writes what happens now into the README.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"

_DEMO = re.compile(r"(<!-- demo:begin -->\n```\n)(.*?)(```\n<!-- demo:end -->)", re.S)
_CONSOLE = re.compile(r"```console\n(.*?)```\n", re.S)
_VOLATILE = (
    (re.compile(r"\b[0-9a-f]{40}\b"), "<commit>"),
    (re.compile(r"^[0-9a-f]{7}(?= [^:\n]+: )", re.M), "<id>"),  # of git log, and one in a thousand has no digit
    (re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,12}\b"), "<id>"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "<date>"),
    (re.compile(r"\d{2}:\d{2}(:\d{2})?"), "<time>"),
    (re.compile(r"/\S*towpath-demo-\S+?/shop"), "<shop>"),
    # The traffic of the demo is random, its verdicts are not.
    (re.compile(r"\d+ of \d+ bad \([\d.]+ %\)"), "<counts>"),
    (re.compile(r"before it [\d.]+ %"), "<baseline>"),
)


def towpath(*arguments: str, cwd: Path) -> str:
    """Run the command as a user would; everything that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", *arguments],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def stable(text: str) -> str:
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text


def update(old: str, new: str) -> None:
    README.write_text(README.read_text().replace(old, new))


def test_the_demo_and_the_commands_after_it_print_what_the_readme_shows(tmp_path: Path, update_golden: bool) -> None:
    """One test, so that the demo is played once."""
    folder = tmp_path / "towpath-demo-readme"
    ends_as_shown(towpath("demo", "--folder", str(folder), cwd=tmp_path), update_golden)
    blocks = _CONSOLE.findall(README.read_text())
    assert blocks
    for block in blocks:
        prints_what_is_shown(block, folder / "shop", update_golden)


def ends_as_shown(played: str, update_golden: bool) -> None:
    found = _DEMO.search(README.read_text())
    assert found
    _, _, ending = played.partition("What there is to see now\n")
    shown = ending.partition("\nGo on from here:")[0].rstrip() + "\n"
    if update_golden:
        update(found[0], f"{found[1]}{shown}{found[3]}")
    else:
        assert stable(found[2]) == stable(shown)


def prints_what_is_shown(block: str, shop: Path, update_golden: bool) -> None:
    command, _, shown = block.partition("\n")
    assert command.startswith("$ towpath ")
    printed = towpath(*shlex.split(command)[2:], cwd=shop).rstrip() + "\n"
    if update_golden:
        update(block, f"{command}\n{printed}")
    else:
        assert stable(shown) == stable(printed)


def test_your_own_repository_starts_as_the_readme_says(tmp_path: Path) -> None:
    section = README.read_text().partition("## Your own repository")[2].partition("```\n")[2].partition("```")[0]
    commands = [shlex.split(line, comments=True) for line in section.splitlines() if line.strip()]
    place = tmp_path
    for command in commands:
        if command[0] == "cd":
            place /= command[1]
        else:
            assert command[0] == "towpath"
            towpath(*command[1:], cwd=place)
    assert (tmp_path / "shop/environments/test/rendered/cart/deployment.yaml").is_file()
