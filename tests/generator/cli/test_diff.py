import json

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, commit, write_files

TEST = "environments/test/services/web.yaml"


@pytest.fixture
def root(tmp_path):
    root = write_files(tmp_path)
    run(["render", "-C", str(root)])
    commit(root)
    return root


def change(root):
    (root / TEST).write_text("values: {replicas: 2}\n\n" + FILES[TEST].replace("1.4.1", "1.4.2"))
    run(["render", "-C", str(root)])


def diff(root, capsys, *arguments):
    capsys.readouterr()
    code = run(["diff", "-C", str(root), *arguments])
    return code, capsys.readouterr()


TOLD = """\
test/web
  image
    image 1.4.1 → 1.4.2
  replicas and scaling
    replicas 1 → 2
"""


def test_the_work_tree_against_the_last_commit(root, capsys):
    assert diff(root, capsys) == (0, ("", "nothing changes in the cluster\n"))
    change(root)
    code, said = diff(root, capsys)
    assert (code, said.out) == (0, TOLD)


def test_between_commits_named_in_any_way(root, capsys):
    change(root)
    commit(root)
    for names in (("HEAD~1", "HEAD"), ("main^",), ("HEAD~1", "main")):
        assert diff(root, capsys, *names)[1].out == TOLD
    assert diff(root, capsys, "HEAD")[1].out == ""


def test_json(root, capsys):
    change(root)
    assert json.loads(diff(root, capsys, "--output", "json")[1].out)[0] == {
        "environment": "test",
        "service": "web",
        "meaning": "image",
        "object": "Deployment web",
        "text": "image 1.4.1 → 1.4.2",
    }


def test_a_removed_service_is_removed_objects(root, capsys):
    (root / TEST).unlink()
    run(["render", "-C", str(root)])
    assert "Deployment web removed" in diff(root, capsys)[1].out


@pytest.mark.parametrize("name", ["nope", "--output=/tmp/x", "-Z", "HEAD:towpath.yaml", ""])
def test_a_name_of_no_commit_is_a_usage_error(name, root, capsys):
    code, said = diff(root, capsys, "--", name)
    assert code == 2 and said.out == ""
    assert "there is no commit" in said.err


def test_a_folder_inside_another_git_repository_is_refused(root, capsys):
    inner = write_files(root / "inner")
    code, said = diff(inner, capsys)
    assert code == 2
    assert "must be the top folder" in said.err
