"""What `status`, `why`, `plan` and `history` print in some standings, word for word: read them as a stranger would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evidence import State
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from tests.scenarios.shop import Shop

GOLDEN = Path(__file__).parents[1] / "golden" / "views"
STAGING = "environments/staging/environment.yaml"

View = Callable[..., str]
Compare = Callable[[str, Shop, list[str]], None]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[Shop, str], str]:
    """What a command prints for the bot of a shop, with the same names for the same ids at each run."""

    def shown(shop: Shop, command: str) -> str:
        monkeypatch.setattr("bot.cli.connection.open_bot", lambda *_: shop.bot)
        shop.pull()
        capsys.readouterr()
        assert shop.towpath(*command.split()) == 0
        return capsys.readouterr().out

    return shown


@pytest.fixture
def compare(show: Callable[[Shop, str], str], update_golden: bool) -> Compare:
    """The printed views of a standing, compared with the golden file of that name."""

    def compared(name: str, shop: Shop, commands: list[str]) -> None:
        text = named("\n".join(f"$ towpath {command}\n{show(shop, command)}" for command in commands))
        golden = GOLDEN / f"{name}.txt"
        if update_golden:
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text)
        assert text == golden.read_text()

    return compared


# How many requests there were and how many failed depends on the names of pods, which are made of all they run.
_COUNTS = (
    (re.compile(r"\d+ of \d+ bad \([\d.]+ %\)"), "B of N bad (P %)"),
    (re.compile(r"about \d+ more decide at this rate, [\dhmin ]+ at"), "about N more decide at this rate, M min at"),
    (re.compile(r'"(bad|total|needed|waitSeconds)": [\d.]+'), r'"\1": 1'),
)


def named(text: str) -> str:
    """The text with commits and releases by the order in which they come (`id1`, `id2`, …), and without counts."""
    for pattern, name_of in _COUNTS:
        text = pattern.sub(name_of, text)
    known: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return known.setdefault(found[0][:7], f"id{len(known) + 1}")

    return re.sub(r"\b[0-9a-f]{7,64}\b", name, text)


def test_all_is_well(shop: Shop, compare: Compare) -> None:
    compare("all-is-well", shop, ["status", "plan", "why web -e prod", "history web"])


def test_a_release_is_measured(landed: Shop, compare: Compare) -> None:
    landed.behaviours.append(Behaviour(environment="staging", tag="1.4.2", requests=60))
    compare("measured", landed, ["status", "plan", "why web -e staging", "why web -e prod", "history web -e staging"])


def test_a_release_waits_for_its_merge(waiting: Shop, compare: Compare) -> None:
    compare("waiting", waiting, ["status", "plan", "why web -e staging"])


def test_a_release_failed_and_was_taken_back(landed: Shop, compare: Compare) -> None:
    landed.behaviours.append(Behaviour(environment="staging", tag="1.4.2", errors=0.03))
    landed.until(lambda: landed.state("staging") is State.FAIL)
    commands = ["status", "plan", "why web -e staging"]
    compare("failed", landed, commands)
    landed.until_passed("staging", "1.4.1")
    landed.look()
    assert landed.reasons("staging") == {Reason.QUARANTINED}
    compare("taken-back", landed, [*commands, "why web -e prod", "history web"])


def test_a_first_release_soaks(shop: Shop, compare: Compare) -> None:
    shop.edit(STAGING, "{mode: auto}", "{mode: auto, soak: 2h}", render=False)
    shop.change(
        {
            "environments/base/services/api.yaml": "template: frontend\nowner: team-api\n",
            "environments/test/services/api.yaml": "release:\n  image: ghcr.io/acme/api:1.0.0\n",
            "environments/staging/services/api.yaml": "values: {}\n",
        }
    )
    shop.until(lambda: len(shop.pulls(environment="staging")) == 1)
    compare("soaking", shop, ["status", "plan api", "why api -e staging", "history api"])


def test_programs_read_the_same(landed: Shop, show: Callable[[Shop, str], str], update_golden: bool) -> None:
    """Every view prints JSON too, and nothing else then."""
    views = {
        command: json.loads(named(show(landed, f"{command} --output json")))
        for command in ("status web -e staging", "history web -e staging")
    }
    assert json.loads(named(show(landed, "why web -e staging --output json"))) == views["status web -e staging"]
    golden = GOLDEN / "measured.json"
    text = json.dumps(views, indent=2) + "\n"
    if update_golden:
        golden.write_text(text)
    assert text == golden.read_text()
