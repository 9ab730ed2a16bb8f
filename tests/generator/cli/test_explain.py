import json

import pytest

from bot.cli.main import run
from generator.checks.all import BY_ID
from generator.checks.others import OTHERS
from tests.generator.small import FILES, write_files

SUPPRESS = "suppress:\n- check: seccomp\n  reason: the runtime has its own\n"


@pytest.fixture
def root(tmp_path):
    settings = FILES["towpath.yaml"] + "  seccomp: error\n"
    spec = FILES["environments/base/services/web.yaml"] + SUPPRESS
    return write_files(tmp_path, {**FILES, "towpath.yaml": settings, "environments/base/services/web.yaml": spec})


def explain(root, capsys, *arguments):
    capsys.readouterr()
    code = run(["explain", *arguments, *(["-C", str(root)] if root else [])])
    return code, *capsys.readouterr()


def test_a_check_says_what_it_weighs_here_and_where_it_is_suppressed(root, capsys):
    code, out, _ = explain(root, capsys, "seccomp")
    assert code == 0
    assert out.startswith("seccomp: error (towpath.yaml:14:12), by default off\n")
    assert "suppressed at environments/base/services/web.yaml:5:10: the runtime has its own" in out
    assert "found:\n  apiVersion: apps/v1" in out


def test_the_same_for_programs(root, capsys):
    _, out, _ = explain(root, capsys, "immutable-field", "-o", "json")
    said = json.loads(out)
    assert (said["check"], said["severity"], said["default"]) == ("immutable-field", "error", "error")
    assert (said["where"], said["suppressed"]) == (None, [])
    assert all(said["examples"].values())


@pytest.mark.parametrize("check", OTHERS)
def test_what_is_found_about_the_repository_is_explained_too(check, root, capsys):
    code, out, _ = explain(root, capsys, check)
    assert code == 0
    assert out.startswith(f"{check}: {OTHERS[check].severity.value}, by default")
    said = json.loads(explain(root, capsys, check, "-o", "json")[1])
    assert (said["check"], said["fix"]) == (check, OTHERS[check].fix)


def test_a_check_needs_no_repository(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert explain(None, capsys, "missing-volume")[0] == 0


def test_a_value_is_told_with_every_place(root, capsys):
    code, out, _ = explain(root, capsys, "web", "replicas", "-e", "prod")
    assert code == 0
    assert out == (
        "replicas of web in prod: 3\n"
        "  How many pods.\n"
        "\n"
        "* environment defaults  3  environments/prod/environment.yaml:4:12\n"
        "  template default      1  templates/web/template.yaml:6:58\n"
        "\n"
        "rendered:\n"
        "  environments/prod/rendered/web/deployment.yaml:8: replicas: 3\n"
    )
    assert explain(root, capsys, "replicas", "web", "-e", "prod") == (0, out, "")
    _, out, _ = explain(root, capsys, "web", "replicas", "-e", "prod", "-o", "json")
    said = json.loads(out)
    assert [layer["counts"] for layer in said["layers"]] == [False, True]
    assert said["rendered"][0]["line"] == 8


def test_without_a_value_all_of_them_are_listed(root, capsys):
    _, out, _ = explain(root, capsys, "web", "-e", "prod")
    assert [line.split()[0] for line in out.splitlines()] == ["replicas", "port", "env.MODE"]
    _, out, _ = explain(root, capsys, "web", "-e", "prod", "-o", "json")
    assert [one["path"] for one in json.loads(out)] == ["replicas", "port", "env.MODE"]


def test_a_rendered_line_is_explained(root, capsys):
    path = "environments/prod/rendered/web/deployment.yaml"
    _, out, _ = explain(root, capsys, f"{path}:8")
    assert out.startswith("written by templates/web/deployment.yaml.j2:7\n\nreplicas of web in prod: 3\n")
    _, out, _ = explain(root, capsys, f"./{path}:2")
    assert out == "written by templates/web/deployment.yaml.j2:1, which says it itself\n"
    _, out, _ = explain(root, capsys, f"{path}:8", "-o", "json")
    assert json.loads(out)["value"]["path"] == "replicas"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["secomp"], 2, "did you mean 'seccomp'"),
        (["env.PORT"], 2, "towpath explain SERVICE env.PORT -e ENV, with one of: web"),
        (["web"], 2, "in which environment?"),
        (["web", "replicas"], 2, "name one with -e"),
        (["wob", "replicas", "-e", "prod"], 2, "did you mean 'web'"),
        (["web", "replicas", "-e", "live"], 2, "no environment 'live'"),
        (["web", "replics", "-e", "prod"], 1, "did you mean 'replicas'"),
        (["environments/prod/rendered/web/deployment.yaml:999"], 1, "is not rendered"),
    ],
)
def test_what_there_is_not_is_said_so(arguments, code, words, root, capsys):
    found, _, err = explain(root, capsys, *arguments)
    assert found == code
    assert words in err


def test_without_a_name_all_checks_are_listed_with_what_they_weigh_here(root, capsys):
    code, out, _ = explain(root, capsys)
    assert code == 0
    assert out.startswith("Schemas\n  kubernetes-schema")
    listed = {line.split()[0]: line.split()[1] for line in out.splitlines() if line.startswith("  ")}
    assert set(listed) == {*BY_ID, *OTHERS}
    assert (listed["seccomp"], listed["removed-api"], listed["unpinned"]) == ("error*", "error", "warning")
    assert out.endswith("\n\n* set in towpath.yaml\n")


def test_the_list_for_programs_and_without_a_repository(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, _ = explain(None, capsys, "-o", "json")
    listed = {one["check"]: one for one in json.loads(out)}
    assert (code, set(listed)) == (0, {*BY_ID, *OTHERS})
    assert (listed["seccomp"]["severity"], listed["seccomp"]["family"]) == ("off", "Security")
    assert explain(None, capsys)[1].count("*") == 0


def test_an_unknown_check_leads_to_the_list(root, capsys):
    code, _, err = explain(root, capsys, "secomp")
    assert (code, err) == (
        2,
        "error: there is no check 'secomp'; did you mean 'seccomp'?\nnext: 'towpath explain' lists all checks\n",
    )


def test_an_environment_without_a_value_is_refused(root, capsys):
    code, _, err = explain(root, capsys, "-e", "test")
    assert (code, "belongs to a value" in err) == (2, True)
