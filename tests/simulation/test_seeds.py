"""Whatever goes wrong: nothing unproven lands, nothing lands twice, and when it is over everything comes to rest."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.play import Play

_ROUNDS = 14


def test_whatever_goes_wrong(tmp_path: Path, template: Path, seed: int) -> None:
    play = Play(tmp_path, template, seed)
    try:
        play.storm(_ROUNDS)
        play.calm()
        play.finale()
    except BaseException as failed:
        story = "\n".join(play.lines[-60:])
        raise AssertionError(f"seed {seed} failed: {failed}\n{story}\nagain: TOWPATH_SEED={seed}") from failed
    finally:
        play.site.close()
