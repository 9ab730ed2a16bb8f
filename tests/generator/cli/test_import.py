import io
import json
import sys

import pytest

from bot.cli.main import run
from tests.generator.adoption.manifests import MAILER, PROD, SECRET, TEST, WEB
from tests.generator.small import git, write_files


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A new repository without services, as the working directory, and manifests beside it."""
    assert run(["init", str(tmp_path / "shop"), "--example", "none", "--no-forge"]) == 0
    write_files(tmp_path / "k8s", {f"test/{name}": text for name, text in TEST.items()})
    write_files(tmp_path / "k8s", {f"prod/{name}": text for name, text in PROD.items()})
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


def test_a_repository_is_adopted_rendered_valid_and_never_overwritten(here, capsys):
    capsys.readouterr()
    assert run(["import", "-e", "test=../k8s/test", "-e", "prod=../k8s/prod"]) == 0
    said = capsys.readouterr()
    assert said.out == TOLD
    assert "correct environments/test/environment.yaml\n" in said.err
    assert run(["render", "--check"]) == 0
    before = git(here, "status", "--porcelain", "--untracked-files=all")
    capsys.readouterr()
    assert run(["import", "-e", "test=../k8s/test", "-e", "prod=../k8s/prod"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert git(here, "status", "--porcelain", "--untracked-files=all") == before


TOLD = """\
SERVICE  TEMPLATE  LINES  ENVIRONMENTS
mailer   worker    11     test, prod
report   -         -      test, prod
web      frontend  18     test, prod

mailer: no value says all of Deployment mailer: the rest is in `patches:`
report: no template fits CronJob report: plain in report/manifests
web: no template renders ConfigMap web: plain in web/manifests

left out: 1 object
  secrets do not belong into git; --secrets imports them all the same
    Secret web (../k8s/test/secret.yaml:1:1)

3 services: 1 by a template, 1 by a template and patches, 1 as plain manifests
10 objects rendered and compared with what was: 0 differences
"""


def test_a_dry_run_writes_nothing_and_programs_can_read_it(here, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{MAILER}---\n{SECRET}".encode())))
    capsys.readouterr()
    assert run(["import", "-", "-e", "prod", "--dry-run", "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["proven"], said["written"], said["environmentsCreated"]) == (True, [], ["prod"])
    assert said["services"][0]["patched"] == ["Deployment mailer"]
    assert said["leftOut"][0]["where"] == "stdin:14:1"
    assert not (here / "environments").exists()


def test_nothing_to_import_is_no_reason_to_look_at_what_is_there(here, tmp_path, capsys):
    assert run(["import", "-e", "test=../k8s/test"]) == 0
    (tmp_path / "empty").mkdir()
    capsys.readouterr()
    assert run(["import", "-e", "test=../empty"]) == 1
    assert capsys.readouterr().err == "nothing to import: there is no object that belongs to a service\n"


def test_without_proof_nothing_is_written_unless_somebody_insists(here, capsys):
    write_files(
        here,
        {
            "environments/prod/environment.yaml": 'cluster: {name: prod, kubernetesVersion: "1.36", controller: flux}\n'
            "namespace: default\nimages: {mirror: {ghcr.io: mirror.example}}\n"
        },
    )
    (here / "mailer.yaml").write_text(MAILER)
    assert run(["import", "mailer.yaml", "-e", "prod"]) == 1
    said = capsys.readouterr()
    assert "image ghcr.io/acme/mailer:2.0.0 → mirror.example/acme/mailer:2.0.0" in said.out
    assert "nothing was written" in said.err
    assert not (here / "environments/prod/services").exists()
    assert run(["import", "mailer.yaml", "-e", "prod", "--unproven"]) == 1
    assert (here / "environments/prod/rendered/mailer/deployment.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["-e", "prod"], 2, "there are no manifests for prod"),
        (["a", "-e", "prod", "-e", "test"], 2, "which PATH is of which environment"),
        (["-e", "Prod=a"], 2, "'Prod' is no name for an environment"),
        (["-e", "prod=nowhere"], 1, "there is no file or folder nowhere"),
        (["web.yaml", "-e", "prod", "--service", "wep"], 1, "did you mean 'web'"),
        (["web.yaml", "-e", "prod", "--kubernetes-version", "1.2"], 2, "there are no schemas of Kubernetes 1.2"),
        (["broken.yaml", "-e", "prod"], 1, "broken.yaml:2"),
        (["empty.yaml", "-e", "prod"], 1, "nothing to import"),
    ],
)
def test_words_that_do_not_fit(here, capsys, arguments, code, words):
    write_files(here, {"web.yaml": WEB, "broken.yaml": "a: b\na: c\n", "empty.yaml": "# nothing\n"})
    capsys.readouterr()
    assert run(["import", *arguments]) == code
    said = capsys.readouterr()
    assert words in said.out + said.err
    assert not (here / "environments").exists()


def test_files_that_cannot_be_read_are_named_at_once_and_can_be_left_out(here, capsys):
    files = {
        "web.yaml": WEB,
        ".vscode/a.json": '{ // a?\n"b": 1}',
        "chart/b.yaml": "a: {{ b }}\n",
        "c.yaml": "a: b\na: c\n",
    }
    write_files(here / "k8s", files)
    assert run(["import", "k8s", "-e", "prod"]) == 1
    said = capsys.readouterr().err
    assert "; 2 more files cannot be read either: k8s/c.yaml, k8s/chart/b.yaml\n" in said
    assert ", or leave it out with --ignore-filename-pattern\n" in said
    assert run(["import", "k8s/chart", "-e", "prod"]) == 1
    assert "next: render the template first (helm template CHART | towpath import -)" in capsys.readouterr().err
    assert run(["import", "k8s", "-e", "prod", "--ignore-filename-pattern", r"/\.vscode/|/c\.y|chart"]) == 0
    assert run(["import", "k8s", "-e", "prod", "--ignore-filename-pattern", "("]) == 2


def test_a_sentence_names_only_some_of_many_objects(here, capsys):
    maps = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\n" for number in range(8))
    (here / "maps.yaml").write_text(maps)
    assert run(["import", "maps.yaml", "-e", "prod"]) == 0
    assert "fits ConfigMap c0, ConfigMap c1, ConfigMap c2, ConfigMap c3, ConfigMap c4 and 3 more: plain" in (
        capsys.readouterr().out
    )
