"""A service with a chart through the pipeline: bump, promotion of the image and of the chart, and rollback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.simulate.clock import START
from generator.scaffold import create
from generator.trees.git import Git
from tests.generator.foreign.sources import CHART
from tests.scenarios.shop import ENVIRONMENTS, Shop

SERVICE = "environments/{}/services/corner.yaml"
DEPLOYMENT = "charts/shop/templates/deployment.yaml"


@pytest.fixture
def shop(need: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop whose one service comes from a chart and is in test; the others wait for it."""
    monkeypatch.setenv("PATH", f"{need('helm').parent}:/usr/local/bin:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    create(tmp_path / "shop", "web", forge=True, at=START - timedelta(hours=1))
    Git(tmp_path / "shop").run("remote", "set-url", "origin", "../shop.git")
    shop = Shop(tmp_path, START - timedelta(minutes=59))
    files: dict[str, str | None] = {path: text for path, text in CHART.items() if path.startswith("charts/")}
    for name in ENVIRONMENTS:
        policy = shop.text(f"environments/{name}/environment.yaml").replace("soak: 30m", "soak: 1m")
        files |= {SERVICE.format(name): "values: {replicas: 2}\n", f"environments/{name}/environment.yaml": policy}
    files |= {
        SERVICE.format("base"): "chart: shop\nvalues: {image: {repository: ghcr.io/acme/corner}}\n",
        SERVICE.format("test"): "values: {replicas: 1}\n\nrelease:\n  image: ghcr.io/acme/corner:1.0.0\n",
        "towpath.yaml": shop.text("towpath.yaml") + 'programs: {helm: "4.3.1"}\n',
    }
    shop.change(files)
    yield shop
    shop.close()


def test_images_and_charts_are_promoted_and_taken_back(shop: Shop) -> None:
    shop.until(lambda: shop.tag("prod", "corner") == "1.0.0")
    assert "image: ghcr.io/acme/corner:1.0.0" in shop.rendered("prod", "corner")
    assert "replicas: 2" in shop.rendered("prod", "corner")

    shop.pull()
    assert shop.towpath("bump", "corner", "ghcr.io/acme/corner:1.1.0") == 0
    shop.merge("corner")
    shop.until(lambda: shop.tag("prod", "corner") == "1.1.0")

    edit = shop.edit(DEPLOYMENT, "  replicas:", "  minReadySeconds: 5\n  replicas:")
    assert "minReadySeconds" in shop.rendered("test", "corner")
    assert "minReadySeconds" not in shop.rendered("staging", "corner"), "a pin holds the chart too"
    shop.until(lambda: "minReadySeconds" in shop.rendered("prod", "corner"))
    assert shop.arrival("prod", "corner").revision == edit

    shop.pull()
    assert shop.towpath("rollback", "corner", "-e", "prod") == 0
    shop.merge("corner")
    assert "minReadySeconds" not in shop.rendered("prod", "corner")
    shop.rest()
    assert "minReadySeconds" not in shop.rendered("prod", "corner"), "what was taken back stays away"
