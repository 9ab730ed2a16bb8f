import gc
import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from bot.cli.main import run
from generator.output import output as really
from tests.generator.small import FILES, commit, git, write_files

TEST = "environments/test/services/web.yaml"
RENDERED = "environments/test/rendered/web/deployment.yaml"


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path)


def render(root, *arguments):
    return run(["render", "-C", str(root), *arguments])


def rendered_json(root, capsys, *arguments):
    capsys.readouterr()
    code = render(root, "--output", "json", *arguments)
    return code, json.loads(capsys.readouterr().out)


def test_what_is_written_is_told_and_what_is_unchanged_is_counted(root, capsys):
    assert render(root) == 0
    said = capsys.readouterr()
    assert f"wrote {RENDERED}\n" in said.out and said.out.count("wrote ") == 6
    assert said.err.endswith("6 files written, 0 removed, 0 unchanged; 1 warning\n")
    assert render(root) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("0 files written, 0 removed, 6 unchanged; 1 warning\n")


def test_check_writes_nothing_and_shows_a_diff(root, capsys):
    render(root)
    (root / TEST).write_text(FILES[TEST].replace("1.4.1", "1.4.2"))
    before = (root / RENDERED).read_bytes()
    capsys.readouterr()
    assert render(root, "--check") == 1
    said = capsys.readouterr().out
    assert f"--- a/{RENDERED}\n+++ b/{RENDERED}\n" in said
    assert "-          image: ghcr.io/acme/web:1.4.1\n+          image: ghcr.io/acme/web:1.4.2\n" in said
    assert (root / RENDERED).read_bytes() == before
    assert render(root) == 0
    assert render(root, "--check") == 0


def test_check_believes_no_cache(root, monkeypatch):
    render(root)
    monkeypatch.setattr("generator.survey.survey", lambda *_, **__: pytest.fail("rendered again"))
    with pytest.raises(pytest.fail.Exception):
        render(root, "--check")


def test_json_says_the_same(root, capsys):
    code, said = rendered_json(root, capsys)
    assert code == 0
    assert RENDERED in said["written"] and len(said["written"]) == 6
    assert [finding["check"] for finding in said["findings"]] == ["unpinned"]
    _, said = rendered_json(root, capsys)
    assert (said["written"], said["removed"], said["unchanged"]) == ([], [], 6)
    assert [finding["check"] for finding in said["findings"]] == ["unpinned"]


def test_only_what_is_asked_for_is_rendered(root, capsys):
    _, said = rendered_json(root, capsys, "web", "-e", "test")
    assert {path.split("/")[1] for path in said["written"]} == {"test"}
    _, said = rendered_json(root, capsys)
    assert {path.split("/")[1] for path in said["written"]} == {"prod"}


def test_what_is_deleted_as_soon_as_it_was_written_comes_back(root):
    """Within one tick of the clock, files that were written do not tell by how they look whether they were changed."""
    time.sleep(0.1)  # all others do
    assert render(root) == 0
    for folder in root.glob("environments/*/rendered"):
        shutil.rmtree(folder)
    assert render(root) == 0
    assert (root / "environments/test/rendered/web/service.yaml").exists()


@pytest.fixture
def settled(monkeypatch):
    """The clock of the file system has gone on since every change."""
    monkeypatch.setattr("generator.trees.looks.TICK", -(10**12))


def test_nothing_to_do_renders_and_validates_nothing(root, settled, monkeypatch):
    assert render(root) == 0
    monkeypatch.setattr("generator.survey.survey", lambda *_, **__: pytest.fail("rendered again"))
    assert render(root) == 0
    assert gc.isenabled()


def test_nothing_to_do_loads_nothing_that_renders(root, settled):
    assert render(root) == 0
    program = (
        f"import sys; from bot.cli.main import run; run(['render', '-C', {str(root)!r}]);"
        "print([name for name in sys.modules if name in ('yaml', 'jinja2', 'jsonschema_rs', 'generator.survey')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr.endswith("0 files written, 0 removed, 6 unchanged; 1 warning\n")


def test_what_reads_expressions_is_loaded_only_where_there_are_some(root, settled):
    program = (
        f"import sys; from bot.cli.main import run; run(['render', '-C', {str(root)!r}]);"
        "print([name for name in sys.modules if name.startswith(('generator.cel', 'generator.custom.cel'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n") and "written" in done.stderr


def test_what_cannot_be_kept_is_no_error(root, settled, monkeypatch, capsys):
    def refuse(*_):
        raise ValueError("unmarshallable object")

    monkeypatch.setattr("generator.remembered.cache.whole", refuse)
    for unchanged in (0, 6):
        code, said = rendered_json(root, capsys)
        assert (code, said["unchanged"]) == (0, unchanged)


@pytest.mark.parametrize(
    "path", [RENDERED, "environments/test/rendered/web/.towpath", "environments/prod/rendered/web/service.yaml"]
)
def test_a_hand_edited_rendered_file_is_noticed_at_once_and_put_right(path, root, capsys):
    render(root)
    content = (root / path).read_bytes()
    (root / path).write_bytes(content.replace(b"a", b"b"))
    _, said = rendered_json(root, capsys)
    assert said["written"] == [path]
    assert (root / path).read_bytes() == content


def test_an_edit_that_keeps_size_and_time_is_noticed_while_the_clock_may_hide_it(root, capsys):
    render(root)
    seen = (root / RENDERED).stat()
    (root / RENDERED).write_bytes((root / RENDERED).read_bytes().replace(b"8080", b"9090"))
    os.utime(root / RENDERED, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    _, said = rendered_json(root, capsys)
    assert said["written"] == [RENDERED]


def test_a_file_that_is_removed_as_soon_as_it_is_written_is_written_again(root, capsys):
    for _ in range(3):
        (root / RENDERED).unlink(missing_ok=True)
        _, said = rendered_json(root, capsys)
        assert RENDERED in said["written"]


def test_a_service_that_cannot_be_built_is_looked_at_each_time_and_the_others_are_not(
    root, settled, monkeypatch, capsys
):
    write_files(root, {"environments/test/services/gone.yaml": FILES[TEST]})
    code, said = rendered_json(root, capsys)
    assert code == 1 and len(said["written"]) == 6
    monkeypatch.setattr("generator.building.build.output", lambda *_: pytest.fail("rendered again"))
    for _ in range(2):
        again = rendered_json(root, capsys)
        assert again == (1, {**said, "written": [], "unchanged": 6})


@pytest.mark.parametrize("damage", [b"", b"{}", b"\x00" * 100])
def test_a_damaged_memory_changes_nothing(damage, root, settled, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    render(root)
    (place,) = tmp_path.glob("cache/towpath/repositories/*")
    place.write_bytes(damage)
    _, said = rendered_json(root, capsys)
    assert (said["written"], said["unchanged"]) == ([], 6)


def test_one_changed_service_renders_one_service(root, settled, monkeypatch):
    twin = {path.replace("web.yaml", "twin.yaml"): text for path, text in FILES.items() if "services/" in path}
    write_files(root, twin)
    render(root)
    (root / TEST).write_text(FILES[TEST].replace("1.4.1", "1.4.2"))
    rendered = []

    def spied(resolved, run):
        rendered.append((resolved.environment.name, resolved.service))
        return really(resolved, run)

    monkeypatch.setattr("generator.building.build.output", spied)
    assert render(root) == 0
    assert rendered == [("prod", "web"), ("test", "web")]
    assert render(root, "--check") == 0


def test_a_service_whose_overlay_is_gone_loses_its_rendered_files(root, capsys):
    render(root)
    (root / TEST).unlink()
    code, said = rendered_json(root, capsys)
    assert code == 0
    assert RENDERED in said["removed"]
    assert not (root / "environments/test/rendered").exists() or not any(
        (root / "environments/test/rendered").iterdir()
    )


def test_rendered_but_invalid_is_written_and_fails(root, capsys):
    broken = FILES["templates/web/service.yaml.j2"].replace("targetPort: http", "targetPort: grpc")
    write_files(root, {"templates/web/service.yaml.j2": broken})
    code, said = rendered_json(root, capsys)
    assert code == 1
    assert {finding["check"] for finding in said["findings"]} == {"service-port", "unpinned"}
    assert "grpc" in (root / "environments/test/rendered/web/service.yaml").read_text()
    code, said = rendered_json(root, capsys)
    assert code == 1 and said["written"] == []


def test_a_new_commit_is_seen_by_pins(root, capsys):
    first = commit(root)
    pinned = FILES["environments/prod/services/web.yaml"] + f"  revision: {first}\n"
    write_files(root, {"environments/prod/services/web.yaml": pinned})
    assert render(root) == 0
    commit(root)
    git(root, "checkout", "--quiet", "--orphan", "other")
    commit(root)
    code, said = rendered_json(root, capsys)
    assert code == 1
    assert "first-parent line" in said["findings"][0]["message"]


def test_the_repository_is_found_from_a_folder_inside_it(root, monkeypatch, capsys):
    monkeypatch.chdir(root / "templates" / "web")
    assert run(["render"]) == 0
    assert (root / RENDERED).exists()


def test_the_cache_is_ignored_by_git_without_a_gitignore(root):
    render(root)
    commit(root)
    assert not [path for path in git(root, "ls-files").splitlines() if path.startswith(".towpath")]
