"""`towpath lift` (Q3): it names what is kept out, and only that."""

import pytest

from bot.cli.main import run
from bot.edit import set_release
from generator.k8syaml import parse
from generator.release import Release
from tests.bot.cli.conftest import DIGEST, NEW, Desk, copied
from tests.generator.small import git

OVERLAY = "environments/test/services/web.yaml"
FIRST = "ghcr.io/acme/web:1.4.1"


def release(checkout, image):
    """Somebody moves test to an image by hand and renders it."""
    path = checkout / OVERLAY
    path.write_text(set_release(path.read_text(), Release(image)))
    assert run(["render", "-C", str(checkout)]) == 0
    git(checkout, "commit", "--quiet", "--all", "--message", "Release")
    git(checkout, "push", "--quiet")


@pytest.fixture(scope="module")
def _played(_made, tmp_path_factory):
    """Test went to 1.4.2 and came back: 1.4.2 is in quarantine there."""
    folder = tmp_path_factory.mktemp("played")
    checkout = copied(_made, folder)
    release(checkout, NEW)
    release(checkout, FIRST)
    return folder


@pytest.fixture
def desk(_played, tmp_path, capsys):
    return Desk(copied(_played, tmp_path), capsys)


def lifted(desk):
    return parse(desk.read(OVERLAY, desk.forge().pulls()[-1].head))[0].value["lifted"]


@pytest.mark.parametrize("words", [(), ("--image", "1.4.2"), ("--image", NEW)])
def test_what_was_taken_back_is_lifted(desk, words):
    desk.towpath("lift", "web", "-e", "test", *words, "--reason", "the alert was wrong")
    pull = desk.forge().pull(1)
    assert pull.title == "Let web 1.4.2 into test again"
    assert "the alert was wrong" in pull.body
    assert desk.changed(pull.head) == [OVERLAY]
    assert lifted(desk) == [{"image": NEW, "by": "Test", "reason": "the alert was wrong"}]


def test_lifted_once_there_is_nothing_left(desk):
    desk.towpath("lift", "web", "-e", "test", "--reason", "fine")
    desk.land(1)
    assert (
        "nothing of web in test is kept out"
        in desk.towpath("lift", "web", "-e", "test", "--reason", "again", code=3).err
    )


def test_of_several_one_has_to_be_named(desk):
    other = f"ghcr.io/acme/web:1.4.3{DIGEST}"
    release(desk.checkout, other)
    release(desk.checkout, FIRST)
    refused = desk.towpath("lift", "web", "-e", "test", "--reason", "x", code=2)
    assert f"--image {other}, --image {NEW}" in refused.err
    desk.towpath("lift", "web", "-e", "test", "--image", "1.4.3", "--reason", "x")
    assert lifted(desk)[0]["image"] == other


def test_what_is_not_in_quarantine_is_not_lifted(desk):
    refused = desk.towpath("lift", "web", "-e", "test", "--image", "9.9", "--reason", "x", code=2)
    assert f"choose: --image {NEW}" in refused.err
    desk.towpath("lift", "web", "-e", "test", "--image", "1", "--config", "2", "--reason", "x", code=2)
    assert "nothing of web in prod" in desk.towpath("lift", "web", "-e", "prod", "--reason", "x", code=3).err
    assert not desk.forge().pulls()
