"""`towpath bump`: one commit on the newest base with everything rendered, and the work tree left alone."""

import pytest

from tests.bot.cli.conftest import DIGEST, NEW

OVERLAY = "environments/test/services/web.yaml"
DEPLOYMENT = "environments/test/rendered/web/deployment.yaml"


def test_a_bump_opens_a_pull_request_with_values_and_manifests(desk):
    before = desk.read(OVERLAY)
    result = desk.towpath("bump", "web", NEW)
    assert result.out == "#1 Bump web to 1.4.2 in test\n  web: image 1.4.1 → 1.4.2\n"
    assert "towpath pr merge 1" in result.err
    pull = desk.forge().pull(1)
    assert (pull.title, pull.branch, pull.author) == ("Bump web to 1.4.2 in test", "bump/web-1.4.2", "Test")
    assert "web: image 1.4.1 → 1.4.2" in pull.body
    assert desk.changed(pull.head) == ["environments/test/rendered/web/.towpath", DEPLOYMENT, OVERLAY]
    assert desk.read(OVERLAY, pull.head) == before.replace("ghcr.io/acme/web:1.4.1", NEW)
    assert f"image: {NEW}" in desk.read(DEPLOYMENT, pull.head).replace('"', "")
    assert desk.origin.run("log", "-1", "--format=%an <%ae>", pull.head) == "Test <test@example.com>"


def test_a_bump_is_made_on_the_newest_base_whatever_the_work_tree_looks_like(desk):
    (desk.checkout / OVERLAY).write_text("values: {nonsense: 1}\n")
    newest = desk.origin.push("main", {"README.md": b"somebody else's\n"})
    desk.towpath("bump", "web", NEW)
    assert desk.origin.parents(desk.forge().pull(1).head) == [newest]
    assert desk.git("status", "--short") == f"M {OVERLAY}"


def test_what_is_bumped_is_what_the_generator_renders(desk):
    desk.towpath("bump", "web", NEW)
    desk.land(1)
    desk.git("pull", "--quiet")
    desk.towpath("render", "--check")


def test_json(desk):
    printed = desk.towpath("bump", "web", NEW, "--output", "json").json
    assert printed == {
        "pullRequest": 1,
        "title": "Bump web to 1.4.2 in test",
        "branch": "bump/web-1.4.2",
        "commit": desk.forge().pull(1).head,
        "changes": ["web: image 1.4.1 → 1.4.2"],
        "findings": [],
    }


def test_the_same_bump_again_is_held(desk):
    desk.towpath("bump", "web", NEW)
    assert "#1 is open for this already" in desk.towpath("bump", "web", NEW, code=3).err
    desk.land(1)
    assert f"test has {NEW}" in desk.towpath("bump", "web", NEW, code=3).err


def test_a_tag_that_looks_like_another_ones_second_branch_is_another_tag(desk):
    desk.towpath("bump", "web", f"ghcr.io/acme/web:1.4-2{DIGEST}")
    desk.towpath("bump", "web", f"ghcr.io/acme/web:1.4{DIGEST}")
    assert [pull.branch for pull in desk.forge().pulls()] == ["bump/web-1.4-2", "bump/web-1.4"]


def test_a_bump_after_a_closed_one_takes_nobodys_branch(desk):
    desk.towpath("bump", "web", NEW)
    desk.forge().close(1)
    first = desk.forge().pull(1).head
    desk.origin.push("main", {"README.md": b"moved on\n"})
    assert desk.towpath("bump", "web", NEW, "--output", "json").json["branch"] == "bump/web-1.4.2-2"
    assert desk.origin.head("bump/web-1.4.2") == first


def test_a_bump_whose_pull_request_got_lost_takes_up_its_own_branch(desk):
    desk.towpath("bump", "web", NEW)
    desk.forge().close(1)
    assert desk.towpath("bump", "web", NEW, "--output", "json").json["branch"] == "bump/web-1.4.2"


def test_another_repository_needs_to_be_allowed(desk):
    other = f"ghcr.io/acme/other:1{DIGEST}"
    refused = desk.towpath("bump", "web", other, code=2)
    assert "ghcr.io/acme/other is another image repository than ghcr.io/acme/web" in refused.err
    assert "--change-repository" in refused.err
    desk.towpath("bump", "web", other, "--change-repository")


def test_an_environment_behind_others_is_not_bumped(desk):
    refused = desk.towpath("bump", "web", NEW, "-e", "prod", code=2)
    assert "releases of web come into prod by promotion" in refused.err
    assert "bump it in test" in refused.err


def test_a_service_without_a_release_gets_its_first(desk):
    text = desk.read(OVERLAY).partition("\nrelease:")[0]
    desk.origin.push("main", {OVERLAY: text.encode()})
    desk.towpath("bump", "web", NEW)
    assert desk.read(OVERLAY, desk.forge().pull(1).head) == f"{text}\nrelease:\n  image: {NEW}\n"


@pytest.mark.parametrize("image", ["ghcr.io/acme/web:1 4", "ghcr.io/acme/web:1.4@sha256:1", ""])
def test_what_is_no_image(desk, image):
    assert "is no image reference" in desk.towpath("bump", "web", image, code=2).err


def test_a_service_that_is_not_there(desk):
    assert "did you mean 'web'?" in desk.towpath("bump", "wbe", NEW, code=2).err


def test_a_tag_is_resolved_unless_tags_never_move(desk):
    """P8: what the starter says of its images is `tags: immutable`."""
    desk.towpath("bump", "web", "ghcr.io/acme/web:1.4.2")
    assert "image: ghcr.io/acme/web:1.4.2\n" in desk.read(OVERLAY, desk.forge().pull(1).head)
    settings = desk.read("towpath.yaml").replace("tags: immutable", "tags: pinned")
    desk.origin.push("main", {"towpath.yaml": settings.encode()})
    refused = desk.towpath("bump", "web", "localhost:1/acme/web:1.4.3", "--change-repository", code=4)
    assert "give the digest yourself: localhost:1/acme/web:1.4.3@sha256:…" in refused.err


def test_a_tag_that_moves_is_refused_where_nothing_pins_it(desk):
    refused = desk.towpath("bump", "web", "ghcr.io/acme/web:latest", code=1).err
    assert "the bytes behind it change without a commit" in refused and "web:latest@sha256:…" in refused
    assert not desk.forge().pulls()


def test_in_the_work_tree_only(desk):
    before = desk.origin.refs()
    result = desk.towpath("bump", "web", NEW, "--worktree")
    assert [line.partition(" ")[0] for line in result.out.splitlines()] == ["wrote"] * 3
    assert NEW in (desk.checkout / OVERLAY).read_text()
    assert desk.origin.refs() == before
    desk.towpath("render", "--check")
    desk.towpath("bump", "web", NEW, "--worktree", code=3)


def test_a_checkout_without_a_remote(desk):
    desk.git("remote", "remove", "origin")
    assert "has no remote 'origin'" in desk.towpath("bump", "web", NEW, code=1).err


def test_a_remote_that_is_gone(desk, tmp_path):
    desk.git("remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    assert "nowhere.git is not a repository on this machine" in desk.towpath("bump", "web", NEW, code=1).err


MIGRATE = f"ghcr.io/acme/migrate:1.4.2{DIGEST}"


def test_further_images_of_a_release(desk):
    refused = desk.towpath("bump", "web", MIGRATE, code=2)
    assert "add it to the release with --as NAME" in refused.err
    result = desk.towpath("bump", "web", MIGRATE, "--as", "migrate", "--output", "json")
    assert result.json["title"] == "Bump migrate of web to 1.4.2 in test"
    assert result.json["branch"] == "bump/web-migrate-1.4.2"
    desk.land(1)
    release = f"release:\n  image: ghcr.io/acme/web:1.4.1\n  images:\n    migrate: {MIGRATE}\n"
    assert release in desk.read(OVERLAY)
    later = MIGRATE.replace("1.4.2", "1.4.3")
    desk.towpath("bump", "web", later)
    assert f"    migrate: {later}\n" in desk.read(OVERLAY, desk.forge().pull(2).head)


def test_a_further_image_needs_a_main_one(desk):
    text = desk.read(OVERLAY).partition("\nrelease:")[0]
    desk.origin.push("main", {OVERLAY: text.encode()})
    refused = desk.towpath("bump", "web", MIGRATE, "--as", "migrate", code=2)
    assert "web is not released in test" in refused.err


def test_another_tag_of_the_same_repository_stays(desk):
    """The tools for an init container, which are no other version of the service."""
    images = "  images:\n    again: ghcr.io/acme/web:1.4.1\n    tools: ghcr.io/acme/web:tools\n"
    text = desk.read(OVERLAY)
    desk.origin.push("main", {OVERLAY: (text + images).encode()})
    desk.towpath("bump", "web", NEW)
    wanted = (text + images).replace("ghcr.io/acme/web:1.4.1", NEW)
    assert desk.read(OVERLAY, desk.forge().pull(1).head) == wanted
