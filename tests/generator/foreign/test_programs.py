"""Running helm and kustomize: where they are found, what they can see, what they may use, and what is kept."""

import os

import pytest

from generator.errors import InputError, OutsideError
from generator.foreign import programs
from generator.foreign.program import RefusedError, Run

VERSION = 'if [ "$1" = version ]; then echo v1.2.3; exit; fi\n'


@pytest.fixture
def helm(tmp_path, monkeypatch):
    """Write the program `helm`: the lines of a shell script, which can only use what is built into the shell."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    programs._installed.cache_clear()
    place = tmp_path / "bin" / "helm"
    place.parent.mkdir()

    def write(script):
        place.write_text(f"#!/bin/sh\n{VERSION}{script}\n")
        place.chmod(0o755)
        return place

    return write


def asked(version="1.2.3", files=None, *, twice=False):
    return Run("helm", version, ("template", "web"), files or {}, twice)


def test_it_prints_for_the_arguments_in_a_folder_of_the_files_alone(helm):
    helm('echo "$@"; echo *; read -r line < charts/a; echo "$line"; echo remark >&2')
    printed = programs.run(asked(files={"charts/a": b"hello\n"}))
    assert (printed.output, printed.remarks) == ("template web\ncharts\nhello\n", "remark\n")


def test_it_finds_nothing_of_ours_in_its_environment(helm, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    monkeypatch.setenv("KUBECONFIG", "/somewhere/kube/config")
    helm("export -p; echo $HOME; echo $HOME/*")
    output = programs.run(asked()).output
    assert "secret" not in output
    assert "/somewhere" not in output
    assert os.environ["HOME"] not in output.splitlines()
    assert "KUBECONFIG='/dev/null'" in output


def test_what_was_printed_is_kept_by_what_it_was_given(helm):
    program = helm('read -r line < a; echo "$line"')
    assert programs.run(asked(files={"a": b"1\n"})).output == "1\n"
    program.unlink()
    assert programs.run(asked(files={"a": b"1\n"})).output == "1\n"
    with pytest.raises(OutsideError, match="helm is not installed"):
        programs.run(asked(files={"a": b"2\n"}))


def test_a_cache_that_is_broken_is_as_if_there_was_none(helm, tmp_path):
    helm("echo 1")
    programs.run(asked())
    (kept,) = (tmp_path / "cache/towpath/programs").iterdir()
    kept.write_text("{")
    assert programs.run(asked()).output == "1\n"


def test_what_changes_each_time_is_told_and_not_kept(helm, tmp_path):
    helm(f'if [ -e "{tmp_path}/seen" ]; then echo 2; else : > "{tmp_path}/seen"; echo 1; fi')
    printed = programs.run(asked(twice=True))
    assert (printed.output, printed.again) == ("1\n", "2\n")
    assert programs.run(asked(twice=True)).output == "2\n"


def test_a_program_that_is_missing_or_of_another_version_is_an_outside_error_that_says_what_to_do(helm):
    with pytest.raises(OutsideError, match="helm is not installed") as missing:
        programs.run(asked())
    assert "install helm 1.2.3" in missing.value.next
    program = helm("echo 1")
    with pytest.raises(OutsideError, match=r"is version 1.2.3, but towpath.yaml asks for 1.2.4") as other:
        programs.run(asked("1.2.4"))
    assert str(program) in other.value.what
    assert "install helm 1.2.4, or set programs.helm" in other.value.next
    assert missing.value.exit_code == 4


def test_a_program_without_a_version_is_told(helm):
    helm("").write_text("#!/bin/sh\necho usage\n")
    with pytest.raises(OutsideError, match="does not say its version, but: usage"):
        programs.run(asked())


def test_what_it_refuses_is_told_without_the_folder_that_nobody_knows(helm):
    helm('echo "Error: $PWD/charts/a is bad" >&2; exit 1')
    with pytest.raises(RefusedError) as refused:
        programs.run(asked())
    assert refused.value.said == "Error: charts/a is bad"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("while :; do :; done", "helm was stopped: it takes longer than 0.2 s"),
        (
            "while :; do echo 0123456789012345678901234567890; done",
            "helm was stopped: it prints more than 100,000 bytes",
        ),
        ("echo 'fatal error: out of memory' >&2; exit 2", "helm was stopped: it wants more than 2,048 MiB of memory"),
        ("kill -9 $$", "helm was stopped: it wants more than 2,048 MiB of memory"),
    ],
)
def test_its_limits(helm, monkeypatch, script, said):
    helm(script)
    programs._program("helm", "1.2.3")
    monkeypatch.setattr(programs, "SECONDS", 0.2 if "takes" in said else 20)
    monkeypatch.setattr(programs, "OUTPUT", 100_000)
    with pytest.raises(InputError, match=said):
        programs.run(asked())


@pytest.mark.parametrize("kind", ["others may write", "a pipe", "a link", "a folder"])
def test_what_others_can_have_put_there_is_not_believed(kind, helm, tmp_path):
    old = os.umask(0)
    try:
        helm("echo ours")
        programs.run(asked())
    finally:
        os.umask(old)
    (kept,) = (tmp_path / "cache/towpath/programs").iterdir()
    kept.write_text(kept.read_text().replace("ours", "theirs"))
    assert programs.run(asked()).output == "theirs\n"  # it is ours, so it counts
    if kind == "others may write":
        kept.chmod(0o622)
    else:
        theirs = kept.rename(tmp_path / "theirs")
        {"a pipe": os.mkfifo, "a link": lambda at: at.symlink_to(theirs), "a folder": os.mkdir}[kind](kept)
    assert programs.run(asked()).output == "ours\n"
