"""Bringing charts in: from a folder, from an archive, and through helm, whose part is played by a script."""

import pytest

from bot.cli.main import run
from generator.errors import InputError, OutsideError, UsageError
from generator.foreign import chart_source
from generator.foreign.chart_source import LOCK, edits, fetch, read_lock
from generator.trees.tree import DiskTree
from tests.generator.foreign import sources
from tests.generator.foreign.sources import CHART
from tests.generator.small import write_files

FILES = {path.removeprefix("charts/"): text for path, text in CHART.items() if path.startswith("charts/")}


def archive(files, link=None):
    """The bytes of a .tgz with these texts."""
    return sources.archive({path: text.encode() for path, text in files.items()}, link)


@pytest.fixture
def root(tmp_path):
    return write_files(tmp_path / "repository", {"towpath.yaml": "version: 1\n"})


def add(root, *arguments):
    return run(["chart", "add", *map(str, arguments), "-C", str(root)])


def test_a_folder_and_an_archive_become_a_chart_and_an_entry_of_the_lock(root, tmp_path, capsys):
    write_files(tmp_path, FILES)
    packed = tmp_path / "shop-1.2.3.tgz"
    packed.write_bytes(archive(FILES))
    assert add(root, tmp_path / "shop", "--as", "mine") == add(root, packed) == 0
    said = capsys.readouterr()
    assert "wrote charts/corner-shop/templates/notes.yaml\n" in said.out
    assert "write `chart: corner-shop` into a service spec" in said.err
    tree = DiskTree(root)
    for folder in ("mine", "corner-shop"):
        found = {path.removeprefix(f"charts/{folder}/"): tree.read(path) for path in tree.files(f"charts/{folder}")}
        assert found == {path.removeprefix("shop/"): text.encode() for path, text in FILES.items()}
    lock = read_lock(tree)
    assert (lock["mine"].version, lock["mine"].digest) == ("1.2.3", None)
    assert str(lock["corner-shop"].digest).startswith("sha256:")


def test_another_version_replaces_all_files_but_only_when_asked_to(root, tmp_path):
    packed = tmp_path / "shop.tgz"
    packed.write_bytes(archive(FILES))
    assert add(root, packed) == 0
    assert add(root, packed) == UsageError.exit_code
    newer = {path: text.replace("1.2.3", "1.3.0") for path, text in FILES.items() if "notes" not in path}
    packed.write_bytes(archive(newer))
    assert add(root, packed, "--replace") == 0
    assert not (root / "charts/corner-shop/templates/notes.yaml").exists()
    assert read_lock(DiskTree(root))["corner-shop"].version == "1.3.0"


def test_a_version_that_has_other_content_is_refused(root, tmp_path, capsys):
    packed = tmp_path / "shop.tgz"
    packed.write_bytes(archive(FILES))
    add(root, packed)
    packed.write_bytes(archive({**FILES, "shop/values.yaml": "replicas: 100\n"}))
    assert add(root, packed, "--replace") == InputError.exit_code
    assert "1.2.3 is not what it was" in capsys.readouterr().err
    assert (root / "charts/corner-shop/values.yaml").read_text() == FILES["shop/values.yaml"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no archive", "is no archive of a chart"),
        (archive(FILES)[:200], "is no archive of a chart"),
        (archive(FILES, link="/etc/passwd"), "shop/link is a link or a device"),
        (archive({"shop/../../x": "1"}), "is not a path inside the repository"),
        (archive({"/etc/x": "1"}), "is not a path inside the repository"),
        (archive({**FILES, "other/x": "1"}), "is no archive of one chart"),
        (archive({"shop/values.yaml": "1"}), "has no Chart.yaml"),
        (archive({"shop/Chart.yaml": "name: ../x\nversion: 1.0.0\n"}), "says neither name nor version"),
    ],
)
def test_what_is_no_chart_is_refused(tmp_path, content, said):
    packed = tmp_path / "shop.tgz"
    packed.write_bytes(content)
    with pytest.raises((InputError, UsageError), match=said):
        fetch(str(packed), None, None)


def test_a_chart_that_is_too_large_is_refused(tmp_path, monkeypatch):
    packed = tmp_path / "shop.tgz"
    packed.write_bytes(archive(FILES))
    for limit, least in (("MAX_FILES", 3), ("MAX_ALL", 100)):
        with monkeypatch.context() as patch:
            patch.setattr(chart_source, limit, least)
            with pytest.raises(InputError, match="too large for a chart"):
                fetch(str(packed), None, None)


def test_links_in_a_folder_are_refused(tmp_path):
    write_files(tmp_path, FILES)
    (tmp_path / "shop/templates/link").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="links are not followed"):
        fetch(str(tmp_path / "shop"), None, None)


@pytest.mark.parametrize(
    ("source", "version", "repo", "said"),
    [
        ("nothing", None, None, "there is no nothing"),
        ("http://example.com/a.tgz", None, None, "is not spoken"),
        ("oci://user:secret@example.com/a", None, None, "the URL has credentials in it"),
        ("web", None, "file:///etc", "is not spoken"),
        ("--post-renderer=x", None, "https://example.com", "that is no name or version of a chart"),
        ("web", "--debug", "https://example.com", "that is no name or version of a chart"),
        (".", "1.0.0", None, "--version is about what is pulled"),
    ],
)
def test_what_is_no_source_is_refused(source, version, repo, said):
    with pytest.raises(UsageError, match=said) as refused:
        fetch(source, version, repo)
    assert "secret" not in str(refused.value)


def test_helm_pulls_what_is_asked_for(tmp_path, monkeypatch):
    packed, program = tmp_path / "packed.tgz", tmp_path / "bin/helm"
    packed.write_bytes(archive(FILES))
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" > "{tmp_path}/asked"\n/bin/cp "{packed}" "$7/shop-1.2.3.tgz"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    found = fetch("shop", "1.2.3", "https://example.com")
    assert (found.origin.source, found.origin.repo, found.origin.version) == ("shop", "https://example.com", "1.2.3")
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:6] == ["pull", "--version", "1.2.3", "--repo", "https://example.com", "--destination"]
    assert asked[-2:] == ["--", "shop"]
    program.write_text('#!/bin/sh\necho "Error: https://a:b@example.com is away" >&2\nexit 1\n')
    with pytest.raises(OutsideError, match=r"helm cannot pull shop: https://\*\*\*@example.com is away"):
        fetch("shop", "1.2.3", "https://example.com")
    program.unlink()
    with pytest.raises(OutsideError, match="helm is not installed"):
        fetch("shop", "1.2.3", "https://example.com")


def test_a_damaged_lock_is_told(root, tmp_path):
    write_files(tmp_path, FILES)
    write_files(root, {LOCK: "charts: 1\n"})
    with pytest.raises(InputError, match="this is no lock of charts"):
        edits(root, "shop", fetch(str(tmp_path / "shop"), None, None), replace=False)
