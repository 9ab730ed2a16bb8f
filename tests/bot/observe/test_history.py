"""History is read from trees alone: whatever was done to them, by whatever means, is told apart by its effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.history import History, Track
from bot.observe.history import HistoryReader
from generator.building import ownership
from generator.release import ReleaseId
from generator.trees.git import Git
from tests.generator.small import FILES, commit, write_files

A, B = "ghcr.io/acme/web:1.4.1", "ghcr.io/acme/web:1.4.2"


class Story:
    """A repository that grows commit by commit; `rendered` files stand for what the generator would write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.head = self.commit(dict(FILES) | self.rendered("test", "a") | self.rendered("prod", "a"))
        self.reader = HistoryReader(Git(root))

    def commit(self, files: dict[str, str], message: str = "Change") -> str:
        write_files(self.root, files)
        self.head = commit(self.root, message)
        return self.head

    def rendered(self, environment: str, text: str) -> dict[str, str]:
        return {f"environments/{environment}/rendered/web/deployment.yaml": f"# {text}\n"}

    def release(self, environment: str, image: str, revision: str | None = None, rendered: str | None = None) -> str:
        pin = f"  revision: {revision}\n" if revision else ""
        text = f"values:\n  env: {{}}\n\nrelease:\n  image: {image}\n{pin}"
        files = {f"environments/{environment}/services/web.yaml": text}
        return self.commit(files | (self.rendered(environment, rendered) if rendered else {}))

    def history(self) -> History:
        return self.reader.read(self.head)

    def track(self, environment: str) -> Track:
        track = self.history().track(environment, "web")
        assert track is not None
        return track


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def images(track: Track) -> list[str]:
    return [arrival.release.image for arrival in track.arrivals]


def test_the_first_commit_puts_the_same_release_everywhere(story: Story) -> None:
    test, prod = story.track("test").current, story.track("prod").current
    assert test and prod
    assert test.release == prod.release
    assert (test.position, prod.position) == (0, 0)
    assert prod.known_to_parents and prod.current_in_parents
    assert not test.known_to_parents, "a root has no parents"


def test_plain_manifests_beside_the_spec_are_a_new_release_where_the_tree_is_followed(story: Story) -> None:
    path = "environments/base/services/web/manifests/config.yaml"
    story.commit({path: "a: 1\n"} | story.rendered("test", "b"))
    first = story.track("test").current
    story.commit({path: "a: 2\n"} | story.rendered("test", "c"))
    second = story.track("test").current
    assert first and second
    assert [one.position for one in story.track("test").arrivals] == [0, 1, 2]
    assert second.release.config != first.release.config
    assert second.revision == story.head


def test_a_return_is_a_new_arrival_of_the_same_release(story: Story) -> None:
    story.release("test", B, rendered="b")
    back = story.release("test", A, rendered="a")
    track = story.track("test")
    assert images(track) == [A, B, A]
    assert track.arrivals[0].release == track.arrivals[2].release
    assert track.current and track.current.commit == back


def test_a_release_that_no_parent_had_is_told_apart(story: Story) -> None:
    story.release("prod", B, rendered="b")
    hotfix = story.track("prod").current
    assert hotfix and not hotfix.known_to_parents and not hotfix.current_in_parents


def test_a_promotion_follows_what_the_parent_holds(story: Story) -> None:
    story.release("test", B, rendered="b")
    pin = story.track("test").current
    assert pin
    story.release("prod", B, pin.revision, rendered="b")
    arrival = story.track("prod").current
    assert arrival and arrival.known_to_parents and arrival.current_in_parents
    assert arrival.release == pin.release


def test_a_rollback_is_known_to_the_parents_but_not_current_there(story: Story) -> None:
    story.release("test", B, rendered="b")
    story.release("prod", B, rendered="b")
    story.release("prod", A, rendered="a")
    arrival = story.track("prod").current
    assert arrival and arrival.known_to_parents and not arrival.current_in_parents


def test_an_edit_of_the_environment_moves_the_window_and_is_no_arrival(story: Story) -> None:
    edit = story.commit(
        {"environments/prod/services/web.yaml": f"values:\n  env: {{X: y}}\n\nrelease:\n  image: {A}\n"}
        | story.rendered("prod", "edited")
    )
    track = story.track("prod")
    assert len(track.arrivals) == 1
    assert track.window and track.window.commit == edit


TOWPATH = "environments/test/rendered/web/.towpath"
SPEC = "environments/base/services/web.yaml"


def listed(story: Story, release: ReleaseId) -> dict[str, str]:
    """The list that the generator would write of what is rendered in test."""
    path = "environments/test/rendered/web/deployment.yaml"
    return {TOWPATH: ownership.format(release.digest, "0" * 64, {path.rpartition("/")[2]: b"# a\n"}).decode()}


def arrived(story: Story) -> ReleaseId:
    current = story.track("test").current
    assert current
    return current.release


def test_an_arrival_whose_rendered_files_stay_the_same_has_no_effect(story: Story) -> None:
    """P6: another spec that renders to the same files."""
    first = story.head
    ahead = Story(story.root.parent / "ahead")
    ahead.commit({SPEC: FILES[SPEC] + "  replicas: 1\n"})
    story.commit({SPEC: FILES[SPEC] + "  replicas: 1\n"} | listed(story, arrived(ahead)))
    track = story.track("test")
    assert len(track.arrivals) == 2 and track.current and track.current.effect_free
    assert track.window and track.window.commit == first


@pytest.mark.parametrize("files", [{"docs.md": "no list\n"}, {TOWPATH: "damaged\n"}])
def test_an_arrival_that_nobody_rendered_is_not_without_effect(story: Story, files: dict[str, str]) -> None:
    """R7: what runs is still the release before it, whose verdict says nothing about this one."""
    story.commit(files)
    story.release("test", B)
    current = story.track("test").current
    assert current and current.release.image == B and not current.effect_free


def test_an_arrival_beside_the_list_of_another_release_is_not_without_effect(story: Story) -> None:
    story.commit(listed(story, arrived(story)))
    story.release("test", B)
    current = story.track("test").current
    assert current and not current.effect_free


def test_a_template_change_arrives_where_nothing_is_pinned_and_is_what_children_pin(story: Story) -> None:
    template = FILES["templates/web/service.yaml.j2"]
    changed = story.commit({"templates/web/service.yaml.j2": template + "# new\n"} | story.rendered("test", "a2"))
    story.commit({"docs.md": "unrelated\n"})
    arrival = story.track("test").current
    assert arrival and arrival.commit == changed and arrival.revision == changed
    bumped = story.release("test", B, rendered="b")
    arrival = story.track("test").current
    assert arrival and arrival.commit == bumped and arrival.revision == changed, "the pin stays at the content"


def test_a_pinned_environment_does_not_follow_the_tree(story: Story) -> None:
    first = story.head
    pinned = story.release("prod", A, first)
    template = FILES["templates/web/service.yaml.j2"]
    story.commit({"templates/web/service.yaml.j2": template + "# new\n"})
    track = story.track("prod")
    assert len(track.arrivals) == 1, "pinning what is there already changes no content"
    assert track.current and track.current.commit != pinned


def test_comments_owners_and_gates_are_no_new_release(story: Story) -> None:
    spec = FILES["environments/base/services/web.yaml"]
    story.commit({"environments/base/services/web.yaml": "# why\nowner: team\n" + spec})
    assert len(story.track("test").arrivals) == 1


def test_a_pin_that_is_not_on_the_base_is_a_problem_and_no_release(story: Story) -> None:
    story.release("prod", B, "deadbeef" * 5)
    track = story.track("prod")
    assert not track.present and track.current is None
    assert "not on the base branch" in track.problem


def test_an_unreadable_overlay_is_a_problem_not_a_crash(story: Story) -> None:
    story.commit({"environments/prod/services/web.yaml": "release: [\n"})
    assert story.track("prod").problem
    story.release("prod", A)
    assert not story.track("prod").problem


def test_a_lift_has_the_position_of_the_commit_that_wrote_it(story: Story) -> None:
    story.commit({"docs.md": "1\n"})
    text = f"release:\n  image: {A}\n\nlifted:\n  - {{image: {B}, by: ada, reason: fixed outside}}\n"
    story.commit({"environments/prod/services/web.yaml": text})
    story.commit({"docs.md": "2\n"})
    (entry,) = story.track("prod").lifts
    assert (entry.position, entry.lift.image, entry.lift.by) == (2, B, "ada")
    story.release("prod", A)
    assert story.track("prod").lifts == ()


def test_a_parent_without_the_service_is_replaced_by_its_own_parents(story: Story) -> None:
    story.commit(
        {
            "environments/staging/environment.yaml": FILES["environments/prod/environment.yaml"],
            "environments/prod/environment.yaml": FILES["environments/prod/environment.yaml"].replace(
                "test", "staging"
            ),
        }
    )
    story.release("test", B, rendered="b")
    story.release("prod", B, rendered="b")
    history = story.history()
    arrival = story.track("prod").current
    assert arrival and arrival.known_to_parents and arrival.current_in_parents
    assert history.after_changed == {"prod": 1, "staging": -1, "test": -1}


def test_reading_on_gives_what_reading_from_the_start_gives(story: Story) -> None:
    for image, rendered in ((B, "b"), (A, "a"), (B, "b2")):
        story.release("test", image, rendered=rendered)
        story.history()
        story.release("prod", image, rendered=rendered)
    assert story.history() == HistoryReader(Git(story.root)).read(story.head)


def test_a_rewritten_base_is_read_anew(story: Story) -> None:
    first = story.head
    story.release("test", B, rendered="b")
    story.history()
    story.head = first
    assert images(story.track("test")) == [A]
