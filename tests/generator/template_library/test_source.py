"""Templates of other repositories: which addresses are spoken to, and what is not taken from there."""

import subprocess

import pytest

from generator.errors import InputError, OutsideError, UsageError
from generator.template_library.source import MAX_FILE, Address, address, fetch, of_tool
from tests.bombs import bomb
from tests.generator.small import commit, git, write_files

TEMPLATE = "description: A service.\n"


@pytest.mark.parametrize(
    ("text", "url", "ref"),
    [
        ("https://github.com/acme/templates", "https://github.com/acme/templates", None),
        ("https://github.com/acme/templates.git@v1.2", "https://github.com/acme/templates.git", "v1.2"),
        ("https://ann@git.acme.io:8443/t@feature/x", "https://ann@git.acme.io:8443/t", "feature/x"),
        ("ssh://git@host/acme/t@main", "ssh://git@host/acme/t", "main"),
        ("git@github.com:acme/t.git", "git@github.com:acme/t.git", None),
        ("git@github.com:acme/t.git@v1", "git@github.com:acme/t.git", "v1"),
        ("file:///srv/t@0123456789012345678901234567890123456789", "file:///srv/t", "0123456789" * 4),
    ],
)
def test_an_address_is_taken_apart(text, url, ref):
    assert address(text) == Address(url, ref)


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c touch% /tmp/x",
        "--upload-pack=touch",
        "-oProxyCommand=x",
        "http://host/t",
        "git://host/t",
        "ssh://-oProxyCommand=x/t",
        "https://ann:secret@host/t",
        "file:///srv/../etc",
        "https://host/t@--output=x",
        "https://host/t@a..b",
        "https://host/a b",
        "https://host/t\n",
        "nowhere",
        "",
    ],
)
def test_what_is_no_address_reaches_no_git(text):
    with pytest.raises(UsageError):
        address(text)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    write_files(folder, {"templates/api/template.yaml": TEMPLATE, "templates/api/a.yaml.j2": "a: 1\n", "x.txt": "x"})
    commit(folder)
    return folder


def fetched(source, ref=None, path=None):
    return fetch(Address(f"file://{source}", ref), path)


def test_a_template_is_fetched_at_a_commit_with_nothing_else(source):
    first = git(source, "rev-parse", "HEAD")
    write_files(source, {"templates/api/a.yaml.j2": "a: 2\n"})
    second = commit(source)
    found = fetched(source)
    assert (found.origin.path, found.origin.commit, found.origin.ref) == ("templates/api", second, None)
    assert found.files == {"template.yaml": TEMPLATE.encode(), "a.yaml.j2": b"a: 2\n"}
    assert fetched(source, first).files["a.yaml.j2"] == b"a: 1\n"


def test_of_several_templates_one_is_named(source):
    write_files(source, {"templates/web/template.yaml": TEMPLATE})
    commit(source)
    with pytest.raises(UsageError, match="several templates") as refused:
        fetched(source)
    assert "templates/api, templates/web" in refused.value.next
    assert set(fetched(source, path="templates/web/").files) == {"template.yaml"}
    with pytest.raises(UsageError, match="no template at 'templates/x'"):
        fetched(source, path="templates/x")
    with pytest.raises(InputError, match="is not a path inside the repository"):
        fetched(source, path="templates/../x")


def test_a_link_is_not_taken(source):
    (source / "templates/api/passwd").symlink_to("/etc/passwd")
    commit(source)
    with pytest.raises(InputError, match="passwd is a link or a submodule"):
        fetched(source)


def planted(source, mode, name, content=b"x"):
    """A commit with an entry that git itself would not check out."""
    blob = (
        subprocess.run(
            ["git", "hash-object", "-w", "--stdin"], cwd=source, input=content, capture_output=True, check=True
        )
        .stdout.decode()
        .strip()
    )
    lines = git(source, "ls-tree", "HEAD:templates/api") + f"\n{mode} blob {blob}\t{name}\n"
    tree = blob
    for folder in ("api", "templates", None):
        tree = subprocess.run(
            ["git", "mktree", "--missing"], cwd=source, input=lines, capture_output=True, check=True, text=True
        ).stdout.strip()
        lines = f"040000 tree {tree}\t{folder}\n"
    made = git(source, "commit-tree", "-m", "x", tree)
    git(source, "update-ref", "HEAD", made)


@pytest.mark.parametrize("name", ["..", ".git", "a b.j2", "-x.j2", "Template.yaml"])
def test_names_that_mean_harm_are_not_taken(source, name):
    planted(source, "100644", name)
    with pytest.raises((InputError, OutsideError)):
        fetched(source)


def test_a_file_has_a_limit(source):
    write_files(source, {"templates/api/big.j2": "x" * (MAX_FILE + 1)})
    commit(source)
    with pytest.raises(InputError, match=r"big\.j2 has 262,145 bytes"):
        fetched(source)


def test_a_repository_without_end_is_not_taken(source):
    git(source, "update-ref", "HEAD", bomb(source, at="templates/api"))
    with pytest.raises(InputError, match="again and again"):
        fetched(source)


def test_what_cannot_be_fetched_says_what_git_said(source, tmp_path):
    with pytest.raises(OutsideError, match=r"cannot be fetched at nothing: .*nothing"):
        fetched(source, "nothing")
    with pytest.raises(OutsideError, match=r"HEAD: fatal: '.*nowhere' does not appear to be a git"):
        fetched(tmp_path / "nowhere")


def test_hooks_and_settings_of_the_other_side_do_nothing(source, tmp_path):
    for hook in ("post-checkout", "reference-transaction", "pre-receive", "post-upload-pack"):
        place = source / ".git/hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        place.chmod(0o755)
    fetched(source)
    assert not (tmp_path / "ran").exists()


def test_what_comes_with_the_tool_has_an_origin():
    assert {"_lib", "backend", "workload"} <= set(of_tool())
    assert all(origin.is_shipped and origin.version and origin.files for origin in of_tool().values())
