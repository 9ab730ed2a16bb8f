"""`towpath pr`: what it shows, and that it merges what was validated and nothing else (R4)."""

import json
from functools import partial

import pytest

from bot.bare import BOT
from bot.forge.interface import PullState, Status, StatusState
from bot.objects import tree_content, write_object
from generator.confined import Limits
from generator.validation.verdict import Verdict
from tests.bot.cli.conftest import NEW

CLEAN = Verdict((), (), "nothing")
TEST = "environments/test/services/web.yaml"


@pytest.fixture
def pull(desk):
    desk.towpath("bump", "web", NEW)
    return desk.forge().pull(1)


def test_the_list(desk, pull):
    desk.forge().set_status(pull.head, Status("ci", StatusState.SUCCESS, "all green"))
    assert desk.towpath("pr", "list").out == "#1  open  Bump web to 1.4.2 in test  by Test  ci: all green\n"
    desk.towpath("pr", "close", "1")
    nothing = desk.towpath("pr", "list")
    assert (nothing.out, "no open pull requests" in nothing.err) == ("", True)
    assert desk.towpath("pr", "list", "--all").out.startswith("#1  closed  Bump web")


def test_everything_about_one(desk, pull):
    desk.towpath("pr", "approve", "1", "--as", "bob")
    desk.towpath("pr", "comment", "1", "wait\nfor me \x1b[31m")
    desk.towpath("pr", "label", "1", "--add", "hold", "--add", "x")
    desk.towpath("pr", "label", "1", "--remove", "x")
    shown = desk.towpath("pr", "show", "1", "--diff").out
    assert "#1 Bump web to 1.4.2 in test\nopen; opened by Test, " in shown
    assert f"bump/web-1.4.2 at {pull.head[:12]} into main\nlabels: hold\napproved by bob at {pull.head[:12]}, " in shown
    assert "In the cluster:\n  test: web: image 1.4.1 → 1.4.2\n" in shown
    assert "  wait\n  for me \\x1b[31m\n" in shown
    assert f"-  image: ghcr.io/acme/web:1.4.1\n+  image: {NEW}\n" in shown
    assert "rendered" not in shown, "people review what people write"


def test_json(desk, pull):
    desk.towpath("pr", "approve", "1")
    shown = json.loads(desk.towpath("pr", "show", "1", "--output", "json").out)
    assert (shown["number"], shown["state"], shown["head"]) == (1, "open", pull.head)
    assert shown["changes"] == ["test: web: image 1.4.1 → 1.4.2"]
    assert shown["approvals"][0]["commit"] == pull.head
    assert "diff" not in shown
    assert [one["number"] for one in json.loads(desk.towpath("pr", "list", "--output", "json").out)] == [1]
    merged = json.loads(desk.towpath("pr", "merge", "1", "--output", "json").out)
    assert merged == {"number": 1, "mergedAs": desk.origin.head(), "findings": []}
    assert "image 1.4.1 → 1.4.2" in desk.towpath("pr", "show", "1").out


def test_a_merge_is_one_commit_that_says_what_changes(desk, pull):
    base = desk.origin.head()
    done = desk.towpath("pr", "merge", "1", "--as", "bob")
    landed = desk.origin.head()
    assert done.out == f"bob merged #1 as {landed[:12]}\n"
    assert "does not authenticate names" in done.err
    assert desk.origin.parents(landed) == [base]
    assert desk.origin.message(landed).strip() == (
        "Bump web to 1.4.2 in test (#1)\n\n- web: image 1.4.1 → 1.4.2\n\nTowpath-Pull: 1"
    )
    assert desk.origin.ref("refs/heads/bump/web-1.4.2") is None
    assert "was merged before" in desk.towpath("pr", "merge", "1").out


def test_a_push_after_the_validation_is_not_merged_onto(desk, pull, monkeypatch):
    """R4: what is validated is what lands."""
    heads = []

    def message(*_):
        heads.append(desk.origin.push("main", {"README.md": b"Pushed\n"}))
        return "Bump"

    monkeypatch.setattr("bot.review.landing_message", message)
    assert "main moved to" in desk.towpath("pr", "merge", "1", code=1).err
    assert (desk.origin.head(), desk.forge().pull(1).state.value) == (heads[0], "open")


def test_a_merge_of_several_commits_names_them(desk, pull):
    desk.origin.push(pull.branch, {"README.md": b"more\n"}, "Say more")
    desk.towpath("pr", "merge", "1")
    assert "Bump web to 1.4.2 in test (#1)\n\n- Bump web to 1.4.2 in test\n- Say more\n" in desk.origin.message(
        desk.origin.head()
    )


def open_for(desk, branch, edits):
    desk.origin.push(branch, {path: text.encode() for path, text in edits.items()})
    return desk.forge().open(branch, "main", f"Change {branch}", "").number


def test_what_would_break_the_base_is_not_merged(desk):
    base = desk.origin.head()
    number = open_for(desk, "broken", {TEST: desk.read(TEST).replace("values:", "valeus:")})
    refused = desk.towpath("pr", "merge", str(number), code=1)
    assert "valeus" in refused.out
    assert f"#{number} is not merged" in refused.err
    assert (desk.origin.head(), desk.forge().pull(number).state) == (base, PullState.OPEN)


def test_what_was_not_rendered_is_not_merged(desk):
    number = open_for(desk, "stale", {TEST: desk.read(TEST).replace("web:1.4.1", "web:1.4.9")})
    refused = json.loads(desk.towpath("pr", "merge", str(number), "--output", "json", code=1).out)
    assert {finding["check"] for finding in refused["findings"]} == {"stale-rendered"}


def worktree_edits(desk):
    """What is changed in the checkout; it is clean afterwards."""
    desk.git("add", "--all")
    edits = {path: (desk.checkout / path).read_text() for path in desk.git("diff", "--staged", "--name-only").split()}
    desk.git("reset", "--quiet", "--hard")
    return edits


def test_two_that_are_right_alone_and_wrong_together(desk):
    """[two green pull requests, one broken environment]"""
    desk.towpath("service", "new", "mail", "--template", "frontend", "--image", "ghcr.io/acme/mail:1", "-e", "test")
    desk.towpath("render")
    service = open_for(desk, "mail", worktree_edits(desk))
    environment = desk.checkout / "environments/test/environment.yaml"
    environment.write_text(environment.read_text().replace("namespace: web", "namespace: shop"))
    desk.towpath("render")
    namespace = open_for(desk, "namespace", worktree_edits(desk))
    desk.towpath("pr", "merge", str(service))
    refused = desk.towpath("pr", "merge", str(namespace), code=1)
    assert "stale-rendered" in refused.out
    assert "environments/test/rendered/mail/" in refused.out


def test_an_error_that_the_base_has_already_does_not_stop_others(desk, pull):
    """[an old finding elsewhere must not stop 1,000 services]"""
    path = "environments/prod/rendered/web/service.yaml"
    desk.origin.push("main", {path: desk.read(path).encode() + b"# edited by hand\n"})
    desk.towpath("pr", "merge", "1")


def test_a_conflict_is_refused(desk, pull):
    desk.origin.push("main", {TEST: desk.read(TEST).replace("web:1.4.1", "web:1.4.7").encode()})
    assert f"conflict in {TEST}" in desk.towpath("pr", "merge", "1", code=1).err


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", "../../x.yaml", ".g\u200cit"])
def test_a_name_that_git_would_check_out_nowhere_is_not_merged(desk, pull, name):
    origin, base = desk.origin, desk.origin.head()
    entries = dict(origin.folder_entries(origin.tree_of(pull.head)))
    entries[name.encode()] = (b"100644", bytes.fromhex(origin.store(b"a: 1\n")))
    tree = write_object(origin.folder, "tree", tree_content(entries))
    origin.set(pull.branch, origin.commit_tree(tree, [base], "Mean harm", author=BOT, date=0))
    said = desk.towpath("pr", "merge", "1", code=1).err
    assert f"{name!r} is not a path inside the repository" in said
    assert origin.head() == base


def test_what_has_no_commit_in_common_with_the_base_says_so(desk, pull):
    tree = desk.origin.tree_of(pull.head)
    desk.origin.set(pull.branch, desk.origin.commit_tree(tree, [], "Begin", author=BOT, date=0))
    assert "#1 has no commit in common with main" in desk.towpath("pr", "show", "1", code=1).err


def test_a_message_that_is_no_text_is_merged_as_one(desk, pull):
    folder = desk.origin.folder
    lines = f"tree {desk.origin.tree_of(pull.head)}\nparent {desk.origin.head()}\n"
    lines += "author A <a> 1 +0000\ncommitter A <a> 1 +0000\nencoding none\n\n"
    desk.origin.set(pull.branch, write_object(folder, "commit", lines.encode() + b"Gr\xfc\xdfe\n"))
    desk.towpath("pr", "merge", "1")
    assert desk.origin.message(desk.origin.head()).startswith("Gr\ufffd\ufffde (#1)\n")


def test_closed_and_opened_again(desk, pull):
    desk.towpath("pr", "close", "1", "--as", "bob")
    assert desk.forge().pull(1).closed_by == "bob"
    assert "closed" in desk.towpath("pr", "merge", "1", code=1).err
    desk.towpath("pr", "reopen", "1")
    desk.towpath("pr", "merge", "1")


def test_what_is_not_there(desk):
    assert "there is no pull request #7" in desk.towpath("pr", "show", "7", code=2).err
    desk.towpath("pr", "show", "0", code=2)
    desk.towpath("pr", "label", "7", code=2)


def test_an_empty_comment_is_none(desk, pull):
    assert "the comment is empty" in desk.towpath("pr", "comment", "1", " \n", code=2).err


def test_a_remote_that_holds_no_pull_requests(desk):
    desk.git("remote", "set-url", "origin", "https://user:s3cret@example.com/acme/gitops.git")
    refused = desk.towpath("pr", "list", code=1)
    assert "s3cret" not in refused.err
    assert "git init --bare" in refused.err


def test_a_checkout_that_does_not_know_who_asks(desk, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    desk.git("config", "--unset-all", "user.name") if desk.git("config", "--local", "--list").count(
        "user.name"
    ) else None
    assert 'git config user.name "Your Name"' in desk.towpath("pr", "list", code=1).err


def test_what_nobody_has_vouched_for_is_judged_in_a_process_of_its_own(desk, monkeypatch):
    """Values are data, templates are code; those of the base have been merged by somebody."""
    places = []

    def judge(place, _):
        places.append(place)
        return CLEAN

    for place in ("confined", "judge"):
        monkeypatch.setattr(f"generator.{place}.judge", partial(judge, place))
    data = ["base/services/web.yaml", "prod/environment.yaml", "prod/rendered/web/service.yaml"]
    code = ["environments/prod/services/web/manifests/kind.yaml", "environments/prod/kind.yaml", "towpath.yaml"]
    code += ["templates/frontend/template.yaml", "charts/shop/Chart.yaml", "kustomizations/a/b.yaml", "schemas/a.yaml"]
    for path in [*(f"environments/{one}" for one in data), *code]:
        content = desk.read(path) if path in desk.files() else ""
        number = open_for(desk, "edited", {TEST: desk.read(TEST) + "#\n", path: content + "# edited\n"})
        desk.towpath("pr", "merge", str(number))
        assert places.pop() == ("confined" if path in code else "judge"), path
    assert not places


def test_a_template_that_would_run_for_ever_is_refused_at_its_line(desk, monkeypatch):
    monkeypatch.setattr(Limits.__init__, "__defaults__", (300, 0.5, 2**30, 2**26))
    path = next(path for path in desk.files() if path.endswith("/deployment.yaml.j2"))
    loop, end = "{% for x in range(10000) %}\n", "{% endfor %}\n"
    number = open_for(desk, "loop", {path: f"{loop * 4}{end * 4}kind: Deployment\n"})
    refused = desk.towpath("pr", "merge", str(number), code=1)
    assert "it takes more than 50,000 steps" in refused.out and f"\n  --> {path}:4\n" in refused.out
