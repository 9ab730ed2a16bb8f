"""What people get wrong: each is one clear error (what, where with the line, what next), and nothing half written."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, commit, git, write_files

SPEC = "environments/base/services/web.yaml"
TEST = "environments/test/services/web.yaml"
PROD = "environments/prod/services/web.yaml"
PROD_ENVIRONMENT = "environments/prod/environment.yaml"
TEMPLATE = "templates/web/template.yaml"
RENDERED = "environments/prod/rendered/web"
OVERLAY = FILES[PROD]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """A repository as it should be, rendered and committed."""
    root = write_files(tmp_path_factory.mktemp("healthy"))
    assert run(["render", "-C", str(root)]) == 0
    commit(root)
    return root


@pytest.fixture
def repository(healthy, tmp_path):
    """A copy of it to break."""
    return Path(shutil.copytree(healthy, tmp_path / "shop"))


def contents(root):
    """Every file that git could see change, by path."""
    names = git(root, "ls-files", "--cached", "--others", "--exclude-standard").split("\n")
    return {name: (root / name).read_bytes() for name in names if (root / name).is_file()}


# path: the new content (None: removed), what is said, where, and the line that is shown there
CASES: dict[str, tuple[dict[str, str | None], str, str | None, str | None]] = {
    "a spec that is missing": ({SPEC: None}, "no service spec for web", PROD, None),
    "a template file that is missing": (
        {"templates/web/service.yaml.j2": None},
        "there is no templates/web/service.yaml.j2",
        TEMPLATE,
        "service",
    ),
    "an environment without environment.yaml": ({PROD_ENVIRONMENT: None}, "environment.yaml", PROD_ENVIRONMENT, None),
    "invalid YAML": ({SPEC: "template: web\nvalues: {port: 80\n"}, "", SPEC, None),
    "a tab": (
        {SPEC: "template: web\nvalues:\n\tport: 80\n"},
        "a tab, and YAML is indented with spaces",
        SPEC,
        "port: 80",
    ),
    "a duplicate key": ({SPEC: "template: web\ntemplate: web\n"}, "template", SPEC, "template: web"),
    "an unknown field": ({SPEC: FILES[SPEC] + "ownr: me\n"}, "did you mean 'owner'", SPEC, "ownr: me"),
    "a cycle in after": (
        {"environments/test/environment.yaml": "after: [prod]\n" + FILES["environments/test/environment.yaml"]},
        "prod → test → prod",
        PROD_ENVIRONMENT,
        "after: [test]",
    ),
    "an unknown parent": (
        {PROD_ENVIRONMENT: FILES[PROD_ENVIRONMENT].replace("[test]", "[tset]")},
        "did you mean 'test'",
        PROD_ENVIRONMENT,
        "after: [tset]",
    ),
    "an unknown template": ({SPEC: "template: wep\nvalues: {port: 1}\n"}, "did you mean 'web'", SPEC, "template: wep"),
    "a value of the wrong type": ({SPEC: "template: web\nvalues:\n  port: many\n"}, "integer", SPEC, "port: many"),
    "an unknown value": ({SPEC: "template: web\nvalues:\n  port: 80\n  prot: 1\n"}, "prot", SPEC, "prot: 1"),
    "a required value that is missing": ({SPEC: "template: web\nvalues: {}\n"}, "'port' is missing", None, None),
    "a corrupt image": ({PROD: OVERLAY.replace("1.4.1", "1 4 1")}, "image", PROD, "1 4 1"),
    "an image without a tag": ({PROD: OVERLAY.replace(":1.4.1", "")}, "tag", PROD, "ghcr.io/acme/web"),
    "a pin that is no commit id": ({PROD: OVERLAY + "  revision: main\n"}, "commit", PROD, "revision: main"),
    "a pin that does not exist": (
        {PROD: OVERLAY + f"  revision: {'a' * 40}\n"},
        "no commit aaaaaaaaaaaa",
        PROD,
        "revision",
    ),
    "a pin in an environment without parents": (
        {TEST: FILES[TEST] + f"  revision: {'a' * 40}\n"},
        "takes no revision",
        TEST,
        "revision",
    ),
    "a template that writes broken YAML": (
        {"templates/web/service.yaml.j2": "kind: Service\n  name: x\n"},
        "broken YAML",
        "templates/web/service.yaml.j2",
        None,
    ),
    "a template that uses an unknown value": (
        {"templates/web/service.yaml.j2": "kind: {{ values.prot }}\n"},
        "prot",
        "templates/web/service.yaml.j2",
        None,
    ),
    "a Kubernetes version nobody knows": (
        {PROD_ENVIRONMENT: FILES[PROD_ENVIRONMENT].replace('"1.34"', '"1.2"')},
        "1.2",
        PROD_ENVIRONMENT,
        "1.2",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_place_and_nothing_of_it_is_written(case, repository, capsys):
    changes, what, where, line = CASES[case]
    for path, text in changes.items():
        (repository / path).unlink() if text is None else (repository / path).write_text(text)
    before = contents(repository)
    assert run(["render", "-C", str(repository), "--output", "json"]) == 1
    assert contents(repository) == before
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert run(["validate", "-C", str(repository), "--output", "json"]) == 1
    assert {one["message"] for one in json.loads(capsys.readouterr().out)["findings"]} >= {
        one["message"] for one in findings
    }
    first = next(one for one in findings if one["severity"] == "error" and what in one["message"] + (one["fix"] or ""))
    if where:
        assert first["where"]["path"] == where
    if line:
        assert line in first["where"]["text"]


def test_the_text_shows_the_line_a_caret_and_what_to_do(repository, capsys):
    (repository / SPEC).write_text(FILES[SPEC] + "ownr: me\n")
    assert run(["validate", "-C", str(repository)]) == 1
    said = capsys.readouterr()
    assert said.out == (
        f"error[unknown-field] unknown field 'ownr'; did you mean 'owner'?\n  --> {SPEC}:4:1\n  4 | ownr: me\n    | ^\n"
    )
    assert said.err == "checked 0 objects of 0 services in 0 environments: 1 error\n"


def test_a_dirty_work_tree_is_rendered_as_it_is(repository):
    (repository / TEST).write_text(FILES[TEST].replace("1.4.1", "1.5.0"))
    (repository / "note.txt").write_text("not committed\n")
    assert run(["render", "-C", str(repository)]) == 0
    assert "1.5.0" in (repository / "environments/test/rendered/web/deployment.yaml").read_text()
    assert (repository / "note.txt").exists()


def test_a_shallow_clone_without_the_pinned_commit_says_how_to_get_it(repository, tmp_path, capsys):
    pinned = git(repository, "rev-parse", "HEAD")
    (repository / PROD).write_text(OVERLAY + f"  revision: {pinned}\n")
    commit(repository)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", str(shallow))
    assert run(["render", "-C", str(shallow)]) == 1
    said = capsys.readouterr().err
    assert "shallow" in said and "git fetch --unshallow" in said and f"revision: {pinned}" in said
    git(shallow, "fetch", "--quiet", "--unshallow")
    assert run(["render", "-C", str(shallow)]) == 0


def test_a_pin_on_another_branch_is_refused(repository, capsys):
    git(repository, "checkout", "--quiet", "-b", "side")
    (repository / SPEC).write_text(FILES[SPEC].replace("8080", "1"))
    side = commit(repository)
    git(repository, "checkout", "--quiet", "main")
    (repository / PROD).write_text(OVERLAY + f"  revision: {side}\n")
    assert run(["render", "-C", str(repository)]) == 1
    assert "first-parent line" in capsys.readouterr().err


def test_a_link_in_the_repository_is_refused(repository, capsys):
    (repository / TEST).unlink()
    (repository / TEST).symlink_to("/etc/hostname")
    assert run(["render", "-C", str(repository)]) == 1
    assert "link" in capsys.readouterr().err


def _replace_by(kind, place):
    """Something of another kind where a file or folder was."""
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    {"file": place.touch, "folder": place.mkdir, "pipe": lambda: os.mkfifo(place)}[kind]()


IN_THE_WAY = {
    "a file for the rendered folders": ("file", "environments/prod/rendered", "environments/prod/rendered"),
    "a file for a rendered folder": ("file", "environments/prod/rendered/web", "environments/prod/rendered/web"),
    "a folder for a rendered file": ("folder", f"{RENDERED}/service.yaml", f"{RENDERED}/service.yaml"),
    "a folder for the list": ("folder", f"{RENDERED}/.towpath", f"{RENDERED}/.towpath"),
    "a pipe for a rendered file": ("pipe", f"{RENDERED}/service.yaml", f"{RENDERED}/service.yaml"),
    "a file for the overlays": ("file", "environments/prod/services", "environments/prod/services"),
    "a file for the environments": ("file", "environments", "environments"),
    "a pipe for an overlay": ("pipe", PROD, PROD),
}


@pytest.mark.parametrize("case", IN_THE_WAY)
def test_what_is_in_the_way_is_named_and_nothing_is_written(case, repository, capsys):
    kind, path, named = IN_THE_WAY[case]
    (repository / SPEC).write_text(FILES[SPEC].replace("8080", "8081"))
    _replace_by(kind, repository / path)
    before = contents(repository)
    assert run(["render", "-C", str(repository)]) == 1
    said = capsys.readouterr().err
    assert f"--> {named}\n" in said
    assert "next: " in said or "fix: " in said
    assert contents(repository) == before
    assert not list((repository / ".towpath").glob("write-*"))


def _emptied(git):
    shutil.rmtree(git)
    git.mkdir()


def _led_nowhere(git):
    shutil.rmtree(git)
    git.write_text("gitdir: /nowhere/at/all\n")


BROKEN_GIT = {
    "HEAD is garbage": lambda git: (git / "HEAD").write_text("garbage"),
    "there is no HEAD": lambda git: (git / "HEAD").unlink(),
    "there are no objects": lambda git: shutil.rmtree(git / "objects"),
    "the folder is empty": lambda git: [(git.rename(git.with_name("gone")), git.mkdir)[1]()],
    "it leads nowhere": lambda git: [
        (git.rename(git.with_name("gone")), git.write_text)[1]("gitdir: /nowhere/at/all\n")
    ],
}


@pytest.mark.parametrize("case", BROKEN_GIT)
def test_a_repository_that_git_cannot_read_is_an_outside_error(case, repository, capsys):
    (repository / PROD).write_text(f"{OVERLAY}  revision: {'a' * 40}\n")
    BROKEN_GIT[case](repository / ".git")
    for _ in range(3):
        assert run(["render", "-C", str(repository)]) == 4
        assert "git rev-parse failed: fatal: " in capsys.readouterr().err


def test_a_repository_without_a_commit_has_no_pins(repository, capsys):
    (repository / PROD).write_text(f"{OVERLAY}  revision: {'a' * 40}\n")
    shutil.rmtree(repository / ".git")
    git(repository, "init", "--quiet")
    assert run(["render", "-C", str(repository)]) == 1
    assert "there is no commit here" in capsys.readouterr().err


def test_files_as_other_editors_save_them_render_the_same(repository, capsys):
    for path in [SPEC, TEST, PROD, PROD_ENVIRONMENT, "towpath.yaml"]:
        text = (repository / path).read_bytes()
        (repository / path).write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
    manifest = repository / "templates/web/service.yaml.j2"
    manifest.write_bytes(b"\xef\xbb\xbf" + manifest.read_bytes().replace(b"\n", b"\r\n"))
    before = {path.name: path.read_bytes() for path in (repository / RENDERED).glob("*.yaml")}
    assert run(["render", "-C", str(repository)]) == 0, capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (repository / RENDERED).glob("*.yaml")} == before


def test_a_number_where_a_text_belongs_is_not_told_to_be_what_it_was_read_as(repository, capsys):
    (repository / PROD).write_text(f"{OVERLAY}  revision: 0123\n")
    assert run(["render", "-C", str(repository)]) == 1
    assert "got integer 83: put it in quotes" in capsys.readouterr().err


def test_without_a_repository_the_error_names_init(tmp_path, capsys):
    assert run(["render", "-C", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: there is no towpath.yaml in")
    assert "next: create a repository with 'towpath init'" in said.err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["-e", "prdo"], "there is no environment 'prdo'; did you mean 'prod'?"),
        (["wep"], "there is no service 'wep'; did you mean 'web'?"),
        (["--chek"], "--check"),
        (["-C", "/nowhere/at/all"], "/nowhere/at/all is no folder"),
        (["web", "b"], "unexpected extra argument"),
    ],
)
def test_wrong_words_on_the_command_line_are_usage_errors(arguments, what, repository, capsys):
    assert run(["render", "-C", str(repository), *arguments]) == 2
    said = capsys.readouterr()
    assert what in said.err and said.out == ""
    assert run(["render", "-C", str(repository), "--output", "json", *arguments]) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert what in error["what"] and error["exitCode"] == 2


def command(code, *arguments, **options):
    """Run towpath in a process of its own, after some lines of Python."""
    program = f"{code}\nfrom bot.cli.main import main; main()"
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        **{"stdout": subprocess.PIPE, **options},
    )


LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"


def test_a_full_disk_is_an_outside_error_and_everything_stays_as_it_was(repository):
    (repository / TEST).write_text(FILES[TEST].replace("1.4.1", "1.5.0"))
    before = contents(repository)
    done = command(LIMIT, "render", "-C", str(repository))
    assert done.returncode == 4
    assert done.stderr.startswith("error: File too large") and "next: raise the limit" in done.stderr
    assert contents(repository) == before
    assert run(["render", "-C", str(repository)]) == 0
    assert not list((repository / ".towpath").glob("write-*"))


def test_output_that_cannot_be_written_is_an_outside_error(repository):
    with Path("/dev/full").open("w") as full:
        done = command("", "validate", "-C", str(repository), "--output", "json", stdout=full)
    assert done.returncode == 4
    assert "No space left on device" in done.stderr


def test_a_reader_that_leaves_is_no_error(repository):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = command("", "validate", "-C", str(repository), "--output", "json", stdout=gone)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def heeding_ctrl_c():
    """As in front of a person: a shell has whatever it starts in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("moment", range(3))
@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_leaves_every_file_old_or_new_and_says_so_in_one_line(moment, repository, monkeypatch, capsys):
    old = contents(repository)
    (repository / SPEC).write_text(FILES[SPEC].replace("8080", "8081"))
    assert run(["render", "--check", "-C", str(repository)]) == 1
    real, calls = os.replace, []

    def interrupted(source, target, **options):
        calls.append(target)
        if len(calls) == moment + 1:
            os.kill(os.getpid(), signal.SIGINT)
        return real(source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted)
        capsys.readouterr()
        assert run(["render", "-C", str(repository)]) == 130
    assert capsys.readouterr().err == "\ninterrupted; run the command again to go on\n"
    halfway = contents(repository)
    assert run(["render", "-C", str(repository)]) == 0
    new = contents(repository)
    assert all(content in (old.get(path), new.get(path)) for path, content in halfway.items())
    assert run(["render", "--check", "-C", str(repository)]) == 0
    assert not list((repository / ".towpath").glob("write-*"))


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_reason_to_fail(tmp_path, closed):
    script = f'"$0" -m bot.cli.entry explain {closed}'
    done = subprocess.run(["sh", "-c", script, sys.executable], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
