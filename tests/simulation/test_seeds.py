"""Whatever goes wrong: nothing unproven lands, nothing lands twice, and when it is over everything comes to rest.

A few seeds are played each time. For a soak: TOWPATH_SEEDS=200 TOWPATH_ROUNDS=30 pytest tests/simulation
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.simulation.play import Play

_ROUNDS = int(os.environ.get("TOWPATH_ROUNDS", "10"))


def test_whatever_goes_wrong(tmp_path: Path, template: Path, seed: int) -> None:
    play = Play(tmp_path, template, seed)
    try:
        play.storm(_ROUNDS)
        play.calm(rest=seed % 2 == 0)
        play.finale()
    except BaseException as failed:
        story = "\n".join(play.lines[-60:])
        again = f"TOWPATH_SEED={seed} TOWPATH_ROUNDS={_ROUNDS} pytest {__file__}"
        raise AssertionError(f"seed {seed}: {failed}\n{story}\nagain: {again}") from failed
    finally:
        play.site.close()
