"""`towpath hold` and `unhold` (Q6): where they write, and that the one undoes the other."""

import pytest

from generator.own_files.load import load

PLACES = {
    ("web", "-e", "prod"): ["environments/prod/services/web.yaml"],
    ("-e", "prod"): ["environments/prod/environment.yaml"],
    (): ["towpath.yaml"],
    ("web",): [f"environments/{env}/services/web.yaml" for env in ("prod", "staging", "test")],
}


@pytest.mark.parametrize(("words", "paths"), PLACES.items(), ids=lambda value: " ".join(map(str, value)))
def test_a_hold_and_its_end(desk, words, paths):
    before = desk.files()
    desk.towpath("hold", *words, "--reason", "incident: 4711", "--until", "2099-12-01")
    assert desk.changed(desk.forge().pull(1).head) == paths
    desk.land(1)
    assert all("4711" in desk.read(path) for path in paths)
    desk.towpath("unhold", *words)
    desk.land(2)
    assert desk.files() == before


def test_what_a_hold_says(desk):
    desk.towpath("hold", "web", "-e", "prod", "--reason", "load test", "--until", "2099-12-01T10:00:00+01:00")
    pull = desk.forge().pull(1)
    assert pull.title == "Hold web in prod"
    assert "load test (Test, until 2099-12-01 09:00 UTC)" in pull.body
    hold = load(desk.origin.tree(pull.head)).overlays["prod", "web"].hold
    assert hold and (hold.reason, hold.by, hold.until and hold.until.isoformat()) == (
        "load test",
        "Test",
        "2099-12-01T09:00:00+00:00",
    )


def test_where_nothing_is_held_there_is_nothing_to_end(desk):
    said = desk.towpath("unhold", "web", "-e", "prod", code=3).err
    assert "there is no hold of web in prod" in said
    assert "a hold that is not merged yet is still a pull request" in said


def test_a_hold_needs_a_reason_and_a_time_that_exists(desk):
    assert "--reason" in desk.towpath("hold", "web", code=2).err
    assert "is no time" in desk.towpath("hold", "web", "--reason", "x", "--until", "2026-13-01", code=2).err
    assert "is over already" in desk.towpath("hold", "web", "--reason", "x", "--until", "2020-01-01", code=2).err
    assert not desk.forge().pulls()


def test_a_service_that_the_base_does_not_have(desk):
    overlay = desk.checkout / "environments/test/services/new.yaml"
    overlay.write_text("values: {}\n")
    assert "new is in no environment" in desk.towpath("hold", "new", "--reason", "x", code=1).err
    assert "new is not in test" in desk.towpath("hold", "new", "-e", "test", "--reason", "x", code=1).err
