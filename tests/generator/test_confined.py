"""A process of its own for templates that nobody has vouched for: the same verdict, and limits that hold."""

import os
from pathlib import Path

import pytest

from generator import confined
from generator.confined import Limits
from generator.errors import InputError, Location, OutsideError
from generator.foreign.program import Printed
from generator.judge import Request, judge
from tests.generator.foreign.sources import CHART
from tests.generator.foreign.sources import files as chart_files
from tests.generator.small import FILES, commit, write_files

TITLES = """\
{% for a in range(10000) %}
{% set x = values.text | title %}
{% endfor %}
kind: Service
"""


HELM = """\
#!/bin/sh
if [ "$1" = version ]; then echo v4.3.1; exit; fi
if [ ! -e charts/shop/Chart.yaml ]; then echo "Error: no chart" >&2; exit 1; fi
echo "Error: no" >&2
printf -- '---\\n# Source: corner-shop/templates/notes.yaml\\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\\n'
exit 0
"""
ASKED = b'{"run": {"program": "helm", "version": "1", "arguments": [], "files": {"a": "eA=="}, "twice": false}}\n'


def repository(root, changes=FILES):
    """The small repository with some files changed, committed; the request to judge that commit in test."""
    write_files(root, {**FILES, **changes})
    made = commit(root)
    return Request(str(root), made, head=made, before=made, environments=("test",))


def test_the_verdict_is_the_one_that_is_reached_in_this_process(tmp_path):
    asked = repository(tmp_path)
    verdict = confined.judge(asked)
    assert verdict == judge(asked)
    assert {finding.check for finding in verdict.findings} == {"stale-rendered"} and len(verdict.cases) == 2


def test_a_service_that_takes_too_long_is_a_finding_at_its_line_and_the_others_are_judged(tmp_path):
    files = {f"templates/slow/m{number}.yaml.j2": TITLES.replace("10000", "11") for number in range(99)}
    names = "".join(f"  {path.rpartition('/')[2]}: true\n" for path in files)
    text = "values:\n  text: {description: Text., type: string}\n"
    files["templates/slow/template.yaml"] = f"description: Slow.\nmanifests:\n{names}{text}"
    files["environments/base/services/slow.yaml"] = f"template: slow\nvalues: {{text: {'x' * 900_000}}}\n"
    files["environments/test/services/slow.yaml"] = FILES["environments/test/services/web.yaml"]
    verdict = confined.judge(repository(tmp_path, files), Limits(a_service=0.3))
    slow = [one for one in verdict.findings if one.message == "it computes for more than 0.3 s"]
    assert [one.where.path.rpartition("/")[0] for one in slow] == ["templates/slow"]
    assert slow[0].where.line in range(1, 4)
    assert len(verdict.cases) == 2  # of the other service


def test_a_process_that_wants_too_much_memory_is_told_of(tmp_path):
    folder = "environments/base/services/web/manifests"
    files = {f"{folder}/m{number}.yaml": f"a: {'x' * 8_000_000}\n" for number in range(8)}
    with pytest.raises(InputError, match=r"was stopped: it (failed: MemoryError|ended without an answer)"):
        confined.judge(repository(tmp_path, files), Limits(memory=2**25))


def test_an_answer_that_does_not_end_is_cut_off(tmp_path):
    with pytest.raises(InputError, match="it says more than 20 bytes"):
        confined.judge(repository(tmp_path), Limits(output=20))


def answer(said, **limits):
    """What is made of an answer whose pipe stays open."""
    (reader, writer), (deaf, to) = os.pipe(), os.pipe()
    os.write(writer, said)
    try:
        confined._Answer(Limits(**limits), reader, to).read()
    finally:
        for one in (reader, writer, deaf, to):
            os.close(one)


def test_a_process_that_does_not_end_is_stopped_and_its_template_named():
    with pytest.raises(InputError) as stopped:
        answer(b'{"rendering": ["web", "test", "templates/web"]}\n', seconds=0)
    assert stopped.value.what == "rendering web in test, or validating it was stopped: it takes longer than 0 s"
    assert stopped.value.where == Location("templates/web")


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[]\n", b"[" * 100_000, b'{"verdict": {}}\n', b'{"verdict": 3}\n', b"\xff"]
)
def test_what_is_no_answer_is_an_error_and_no_crash(said):
    reader, writer = os.pipe()
    taken = confined._Answer(Limits(), reader, writer)
    os.close(reader)
    os.close(writer)
    taken.said += said
    with pytest.raises(InputError, match="ended without an answer"):
        taken.verdict()


def test_a_chart_is_rendered_outside_of_the_process_and_judged_inside(tmp_path, monkeypatch):
    program = tmp_path / "bin/helm"
    program.parent.mkdir()
    program.write_text(HELM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_files(tmp_path / "shop", chart_files(CHART))
    made = commit(root)
    asked = Request(str(root), made, head=made, environments=("test",))
    verdict = confined.judge(asked)
    assert {finding.check for finding in verdict.findings} == {"stale-rendered"}
    program.write_text(HELM.replace("exit 0", "exit 1"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    assert "helm: no" in {finding.message for finding in confined.judge(asked).findings}
    program.unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    with pytest.raises(OutsideError, match="helm is not installed"):
        confined.judge(asked)
    assert verdict.checked == "1 object of 1 service in 1 environment"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b'{"run": {"program": "sh"}}\n', "it does not say what is to be run"),
        (b'{"run": 1}\n', "it does not say what is to be run"),
        (b'{"run": ' + b"[" * 50_000 + b"\n", "it does not say what is to be run"),
        (ASKED * 2, "it takes longer than 0.3 s"),
    ],
)
def test_what_a_process_asks_for_is_looked_at_and_it_must_listen(said, why, monkeypatch):
    monkeypatch.setattr("generator.foreign.programs.run", lambda asked: Printed("x" * 2**20))
    with pytest.raises(InputError, match=why):
        answer(said, seconds=0.3)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="what a process is given is seen in /proc")
def test_the_process_gets_no_environment_no_files_and_a_group_of_its_own(monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    inherited = os.dup(0)
    os.set_inheritable(inherited, True)
    with confined._process() as process:
        proc = Path(f"/proc/{process.pid}")
        while not (environment := (proc / "environ").read_bytes()):
            pass  # the kernel is still making the process
        assert os.getpgid(process.pid) == process.pid
        assert not (proc / "fd" / str(inherited)).exists()
    os.close(inherited)
    names = {entry.partition("=")[0] for entry in environment.decode().split("\0") if entry}
    assert names == {"PATH", *confined._SETTINGS}
    assert process.returncode is not None
