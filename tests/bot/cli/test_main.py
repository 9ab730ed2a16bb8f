import ast
import errno
import io
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from bot.cli import crash, main
from bot.cli.boundary import guarded
from generator.errors import HeldError, InputError, Location, OutsideError, TowpathError, UsageError
from tests.generator.small import write_files

ROOT = Path(__file__).parents[3]
ENTRIES = {name: entry for section in main.COMMANDS.values() for name, entry in section.items()}


@pytest.mark.parametrize("name", ENTRIES)
def test_every_command_of_the_table_is_there_and_explains_itself_with_an_example(name, capsys):
    assert main.run([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: towpath {name}")
    group = main.towpath.get_command(click.Context(main.towpath), name)
    if isinstance(group, click.Group):
        for inner in group.commands:
            assert main.run([name, inner, "--help"]) == 0
            assert f"  towpath {name} {inner}" in capsys.readouterr().out
    else:
        assert re.search(rf"\btowpath {name}\b", said.split("\n", 1)[1])


def test_help_lists_every_command_and_imports_none():
    program = (
        "import sys; from bot.cli.main import run; code = run(['--help']);"
        "loaded = [name for name in sys.modules if name.startswith(('generator.cli', 'bot.')) ];"
        "print(sorted(loaded), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    for name, entry in ENTRIES.items():
        assert re.search(rf"^  {name} +{re.escape(entry.help[:30])}", done.stdout, re.M)
    assert ast.literal_eval(done.stderr) == ["bot.cli", "bot.cli.boundary", "bot.cli.main"]


def test_help_and_version_load_nothing_heavy():
    program = (
        "import sys; from bot.cli.main import run; run(['--version']); run([]);"
        "print([name for name in sys.modules if name in "
        "('git', 'yaml', 'jinja2', 'jsonschema', 'jsonschema_rs', 'requests', 'ruamel', 'subprocess')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert re.fullmatch(r"towpath \d+\.\d+\.\d+", done.stdout.splitlines()[0])


def test_every_module_of_the_table_exists():
    assert [entry.module for entry in ENTRIES.values() if find_spec(entry.module.partition(":")[0]) is None] == []


@pytest.mark.parametrize(("wrong", "meant"), [("rendr", "render"), ("statsu", "status"), ("roll-back", "rollback")])
def test_an_unknown_command_says_what_could_be_meant(wrong, meant, capsys):
    assert main.run([wrong]) == 2
    assert f"there is no command {wrong!r}; did you mean {meant!r}?" in capsys.readouterr().err


def fail(error, *arguments):
    def work():
        raise error

    return guarded(work, arguments)


WHERE = Location("environments/test/services/web.yaml", 3, 5, "    replica: 3")


def test_an_error_is_what_where_with_its_line_and_next(capsys):
    assert fail(InputError("unknown field 'replica'", where=WHERE, next="did you mean 'replicas'?")) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "error: unknown field 'replica'\n"
        "  --> environments/test/services/web.yaml:3:5\n"
        "  3 |     replica: 3\n"
        "    |     ^\n"
        "next: did you mean 'replicas'?\n"
    )


def test_with_json_an_error_is_one_line_of_json_on_stderr(capsys):
    assert fail(OutsideError("down", where=Location("a"), next="wait"), "status", "--output", "json") == 4
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert json.loads(said.err) == {"error": {"what": "down", "where": {"path": "a"}, "next": "wait", "exitCode": 4}}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TowpathError("x"), 1),
        (InputError("x"), 1),
        (UsageError("x"), 2),
        (click.UsageError("x"), 2),
        (HeldError("x"), 3),
        (OutsideError("x"), 4),
        (OSError(errno.ENOSPC, "No space left on device", "/a/b"), 4),
        (PermissionError(errno.EACCES, "Permission denied", "/a/b"), 4),
        (KeyboardInterrupt(), 130),
        (ValueError("x"), 70),
        (FileNotFoundError(errno.ENOENT, "x"), 70),
    ],
)
def test_exit_codes(error, code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert fail(error) == code
    said = capsys.readouterr()
    assert said.out == "" and "Traceback" not in said.err
    if isinstance(error, OSError) and code == 4:
        assert "/a/b" in said.err and "next: " in said.err


@pytest.mark.parametrize(
    "arguments", [["render"], ["validate", "a.yaml"], ["status"], ["init", "shop"], ["render", "-C", "."]]
)
def test_a_folder_that_is_gone_is_named(arguments, capsys, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main.run(arguments) == 2
    assert capsys.readouterr().err.startswith("error: the folder you are in is gone\nnext: ")


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("", "error: git does not work here: Bad git executable.\nnext: see that 'git version' says "),
        ("exit 3", "error: git does not work here: Cmd('git') failed due to: exit code(3)\nnext: "),
        (
            "[ $1 = version ] && echo git version 2.20.1 && exit\necho usage: git x >&2; exit 129",
            "next: install git ",
        ),
    ],
    ids=["missing", "failing", "old"],
)
def test_a_git_that_does_not_work_is_no_bug(does, said, tmp_path):
    (tmp_path / "bin").mkdir()
    if does:
        write_files(tmp_path, {"bin/git": f"#!/bin/sh\n{does}\n"})
        (tmp_path / "bin/git").chmod(0o755)
    ended = _console("init", "shop", cwd=tmp_path, PATH=str(tmp_path / "bin"))
    assert (ended.returncode, ended.stdout) == (OutsideError.exit_code, b"")
    assert said in ended.stderr.decode()
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("variables", [{"LC_ALL": "C.UTF-8"}, {"PYTHONIOENCODING": "ascii"}], ids=["utf-8", "ascii"])
def test_a_name_that_is_no_utf_8_and_text_that_the_locale_lacks_can_be_told(variables, tmp_path):
    ended = _console("init", os.fsdecode(b"f\xfcr\xc3\xa9"), cwd=tmp_path, **variables)
    assert ended.returncode == 0, ended.stderr
    assert b"\\udcfcr\xc3\xa9" in ended.stdout
    made = tmp_path / os.fsdecode(b"f\xfcr\xc3\xa9")
    assert b"`f\xfcr\xc3\xa9.git`" in (made / "README.md").read_bytes()


def _console(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """What the console script does in a folder, with these variables set."""
    return subprocess.run(
        [sys.executable, "-c", "from bot.cli.main import main; main()", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        check=False,
    )


def test_the_exit_code_says_it_where_nothing_can_be_written():
    with Path("/dev/full").open("wb") as full:
        said = [sys.executable, "-c", "from bot.cli.main import main; main()", "schema", "none"]
        assert subprocess.run(said, cwd=ROOT, stdout=full, stderr=full, check=False).returncode == UsageError.exit_code


def test_control_characters_of_names_reach_no_terminal(capsys):
    fail(InputError("no \x1b[31mred\x07", where=Location("a\x1b]0;x", 1, 1, "\x1b[2J")))
    assert "\x1b" not in capsys.readouterr().err


def test_a_bug_leaves_its_traceback_in_a_file_without_secrets(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".towpath").mkdir()
    monkeypatch.setenv("FORGE_TOKEN", "hunter2hunter2")
    assert fail(RuntimeError("https://me:pw123456@host/x hunter2hunter2 Authorization: Bearer abcdef123456")) == 70
    said = capsys.readouterr().err
    (report,) = (tmp_path / ".towpath").glob("bug-*.txt")
    assert "this is a bug" in said and str(report) in said
    assert "RuntimeError" in report.read_text() and "Traceback" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
    for secret in ("pw123456", "hunter2", "abcdef123456"):
        assert secret not in said + report.read_text()


def test_a_bug_is_told_even_where_no_file_can_be_written(monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("tempfile.mkstemp", full)
    assert crash.bug(ValueError("x")).what == "this is a bug in towpath: ValueError: x"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell, capsys):
    assert main.run(["completion", shell]) == 0
    assert "_TOWPATH_COMPLETE" in capsys.readouterr().out


def completed(words, cwd):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "_TOWPATH_COMPLETE": "bash_complete"}
    environment |= {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    program = "from bot.cli.main import main; main()"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_commands_services_and_environments_are_completed(tmp_path):
    for place in ("environments/test", "environments/prod", "environments/base/services"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "towpath.yaml").touch()
    for name in ("test", "prod"):
        (tmp_path / f"environments/{name}/environment.yaml").touch()
    (tmp_path / "environments/base/services/web.yaml").touch()
    assert completed(["towpath", "re"], tmp_path) == ["render", "remove"]
    assert completed(["towpath", "render", "-e", "p"], tmp_path) == ["prod"]
    assert completed(["towpath", "render", "w"], tmp_path) == ["web"]
    assert completed(["towpath", "render", "w"], "/") == []


@pytest.mark.parametrize(("variables", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_only_on_a_terminal_and_never_with_no_color(variables, colour, monkeypatch):
    from generator.report.console import coloured

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert coloured(Terminal()) is colour
    assert not coloured(io.StringIO())


def test_a_folder_to_work_in_may_stand_before_the_command(tmp_path, monkeypatch, capsys):
    shop = write_files(tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    assert main.run(["-C", "shop", "render"]) == 0
    assert (shop / "environments/test/rendered/web/service.yaml").exists()
    assert main.run(["-C", "none", "render"]) == 2
    assert "cannot work in none: No such file or directory" in capsys.readouterr().err


def test_an_interrupt_while_the_program_is_loaded_shows_no_traceback():
    program = (
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'bot.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from bot.cli.entry import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("words", "code", "begins"), [("--help", 0, "Usage: towpath"), ("nothing", 2, ""), ("", 2, "")]
)
def test_the_console_script_ends_with_all_said_and_the_exit_code(words, code, begins):
    command = [sys.executable, "-m", "bot.cli.entry", *words.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stdout.startswith(begins) and (done.stderr == "") is (code == 0)


@pytest.mark.parametrize(("end", "code"), [("None", 0), ("3", 3), ("'no'", 1)])
def test_the_console_script_ends_as_the_program_does(end, code):
    program = (
        "from bot.cli import entry, main\n"
        f"def ends(): print('said', end=''); raise SystemExit({end})\n"
        "main.main = ends\n"
        "entry.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "said", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hold", "web", "--reason", " "), "the reason is empty"),
        (("lift", "web", "-e", "test", "--reason", ""), "the reason is empty"),
        (("pr", "show", "x"), "'x' is not a number"),
        (("bot", "run", "--speed", "fast"), "'fast' is not a number"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(words, said, capsys):
    assert main.run([*words, "-C", str(ROOT)]) == 2
    assert said in capsys.readouterr().err
