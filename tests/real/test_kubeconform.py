"""What we find that `kubeconform -strict` accepts with schemas of the same API server: docs/proof.md has figures."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.peers import kubeconform as beside_a_peer
from benchmarks.repositories import make_repository
from bot.cli.main import run
from tests.real.agreement import Judged, explained, known
from tests.real.proof import page
from tests.real.verdicts import Says, Verdict, kubeconform, write_schemas
from tests.testbed.api_server import ApiServer

PROOF = Path(__file__).parents[2] / "docs" / "proof.md"


@pytest.fixture(scope="module")
def peer(
    need: Callable[[str], Path],
    kubernetes: ApiServer,
    judged: Sequence[Judged],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Verdict]:
    """Kubeconform's verdict about each case."""
    folder = tmp_path_factory.mktemp("kubeconform")
    write_schemas(kubernetes, folder / "schemas")
    cases = [one.case for one in judged]
    return kubeconform(need("kubeconform"), folder / "schemas", folder / "cases", cases)


def test_kubeconform_reads_our_schemas_and_takes_what_the_benchmark_renders(
    need: Callable[[str], Path], tmp_path: Path
) -> None:
    root = make_repository(tmp_path / "shop", 2)
    assert run(["render", "-C", str(root)]) == 0
    _, *arguments = beside_a_peer(tmp_path / "schemas", root / "environments")
    command = [
        str(need("kubeconform")),
        "-ignore-filename-pattern",
        "services/|environment.yaml|\\.towpath",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_we_refuse_whatever_kubeconform_refuses_with_reason(judged, peer):
    by_entry, _ = explained(judged, known())
    excused = {one.case for cases in by_entry.values() for one in cases}
    missed = [
        f"{one.case.name}: {theirs.why}"
        for one, theirs in zip(judged, peer, strict=True)
        if (one.server.says, theirs.says, one.ours.says) == (Says.REFUSES, Says.REFUSES, Says.ACCEPTS)
        and one.case not in excused
    ]

    assert missed == []


def test_the_documentation_tells_the_figures_of_this_run(judged, peer, update_golden):
    text = page(judged, peer, explained(judged, known())[0])
    if update_golden:
        PROOF.write_text(text, encoding="utf-8", newline="\n")

    assert PROOF.read_text(encoding="utf-8") == text, "run it with --update-golden and look at the diff"
