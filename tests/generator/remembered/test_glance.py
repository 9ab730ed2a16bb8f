import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli import entry, main
from generator.finding import Finding
from generator.remembered.glance import glance, is_done
from tests.generator.small import FILES, write_files

SPEC = "environments/base/services/web.yaml"
NOTHING = "0 files written, 0 removed, 6 unchanged; no findings\n"


@pytest.fixture
def root(tmp_path, monkeypatch, capsys):
    """A repository in which nothing is wrong and nothing is to do; it is where we are."""
    monkeypatch.setattr("generator.trees.looks.TICK", -(10**12))
    write_files(tmp_path, {**FILES, "towpath.yaml": FILES["towpath.yaml"] + "  unpinned: false\n"})
    monkeypatch.chdir(tmp_path)
    assert main.run(["render"]) == 0
    capsys.readouterr()
    return tmp_path


def test_nothing_to_do_is_said_as_the_whole_program_says_it(root, monkeypatch, capsys):
    assert is_done(["render"]) and is_done(["render", "-C", str(root)]) and is_done(["render", "-C", "environments"])
    said = capsys.readouterr()
    assert main.run(["render"]) == 0
    assert said.err == 3 * NOTHING == 3 * capsys.readouterr().err
    assert said.out == ""
    monkeypatch.setattr("sys.argv", ["towpath", "render"])
    monkeypatch.setattr("os._exit", sys.exit)
    monkeypatch.setattr("bot.cli.main.main", lambda: pytest.fail("loaded the program"))
    with pytest.raises(SystemExit, match=r"^0$"):
        entry.main()


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["-C", ".", "render"], ["render", "-C"], ["render", "-C", ".", "web"], ["render", "web"]]
    + [["render", option] for option in ("--help", "--check", "-h", "-C.", "--output=json")]
    + [["render", *two] for two in (("-C", "nowhere"), ("-e", "test"), ("-o", "json"), ("-C", "/"))],
)
def test_everything_else_is_for_the_whole_program(arguments, root, capsys):
    assert not is_done(arguments)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("path", [SPEC, "environments/test/rendered/web/service.yaml", "templates/web/template.yaml"])
@pytest.mark.parametrize("how", ["edited", "removed", "replaced by a link"])
def test_a_change_is_for_the_whole_program_which_takes_over_the_look(path, how, root, monkeypatch, capsys):
    place = root / path
    text = place.read_text()
    place.unlink()
    if how == "edited":
        place.write_text(text + "# edited\n")
    elif how == "replaced by a link":
        place.symlink_to("/etc/passwd")
    assert not is_done(["render"])
    assert capsys.readouterr() == ("", "")
    if how != "replaced by a link":
        monkeypatch.setattr("generator.remembered.glance.Glance", lambda _: pytest.fail("looked again"))
        assert glance(str(root)).rests is False


def test_what_is_wrong_is_for_the_whole_program(root, capsys):
    (root / "towpath.yaml").write_text(FILES["towpath.yaml"])
    assert main.run(["render"]) == 0
    capsys.readouterr()
    assert not is_done(["render"])
    seen = glance(str(root))
    assert seen.rests and seen.recalled and [type(one) for one in seen.recalled.findings] == [Finding]
    assert capsys.readouterr() == ("", "")


def test_nothing_to_do_loads_nothing_of_the_program(root):
    time.sleep(0.1)
    for _ in range(3):  # the first may render what was written a moment ago
        loaded, said = loaded_by_rendering(root)
    ours = {name for name in loaded if name.startswith(("bot", "generator"))}
    remembered = {f"generator.remembered{name}" for name in ("", ".cache", ".glance", ".sections")}
    others = {f"generator{name}" for name in ("", ".beside", ".shipped", ".state", ".trees", ".trees.looks")}
    assert ours <= {"bot", "bot.cli"} | remembered | others
    assert not {"click", "dataclasses", "inspect", "typing", "json", "tempfile", "pathlib"} & loaded
    assert said.endswith(NOTHING)


def test_an_edit_loads_neither_charts_nor_words_for_broken_yaml_nor_what_reads_many_files(root):
    (root / SPEC).write_text((root / SPEC).read_text() + "# edited\n")
    loaded, _ = loaded_by_rendering(root)
    assert {"generator.rendering.render", "generator.validation.validate", "generator.foreign.source", "yaml"} <= loaded
    assert not {"generator.foreign.charts", "tarfile", "generator.k8syaml.wording", "yaml_rs"} & loaded


def loaded_by_rendering(root):
    """The modules that `towpath render` loads, and what it says."""
    command = [sys.executable, "-X", "importtime", "-m", "bot.cli.entry", "render"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}, done.stderr
