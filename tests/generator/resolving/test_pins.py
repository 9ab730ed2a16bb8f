import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from generator.building.build import build_all
from generator.errors import InputError
from generator.file_schemas import InvalidInput
from generator.own_files.load import load
from generator.resolved import Pinned, ResolvedService
from generator.resolving.digest import release_id
from generator.resolving.pins import Pins
from generator.resolving.resolve import resolve
from generator.trees.git import CommitTree, Git
from generator.trees.tree import DiskTree
from tests.generator.remembered.memory import FILES, SERVICE, WORKLOAD, shop
from tests.heads import head_of

SPEC = "environments/base/services/cart.yaml"
OVERLAY = "environments/prod/services/cart.yaml"
PARENT = "templates/workload/template.yaml"


class Shop:
    """The small repository of the tests, in git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("init", "-q")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", self.folder, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str | None]) -> str:
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                place.unlink()
            else:
                place.write_text(text)
        self.run("add", "-A")
        self.run("commit", "-q", "--allow-empty", "-m", "change")
        return head_of(self.folder)

    def pin(self, revision: str, values: str = "{}") -> str:
        return self.commit(
            {OVERLAY: f"release: {{image: 'ghcr.io/acme/cart:1', revision: {revision}}}\nvalues: {values}\n"}
        )

    def pins(self) -> Pins:
        return Pins(Git(self.folder), head_of(self.folder))

    def pinned(self) -> Pinned:
        tree = DiskTree(self.folder)
        repository = load(tree)
        return self.pins().pinned(tree, repository, repository.overlays["prod", "cart"])

    def resolved(self) -> ResolvedService:
        repository = load(DiskTree(self.folder))
        return resolve(repository, self.pinned(), repository.overlays["prod", "cart"])


@pytest.fixture
def repo(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.commit(FILES)
    return made


def test_a_pinned_release_is_read_from_its_commit(repo: Shop) -> None:
    old = head_of(repo.folder)
    repo.commit({SPEC: SERVICE.replace("100m", "900m"), PARENT: WORKLOAD.replace("default: 1", "default: 2")})
    repo.pin(old)
    pinned = repo.pinned()
    assert pinned.revision == old
    assert pinned.spec.values["resources"] == {"requests": {"cpu": "100m"}}
    assert pinned.template.defaults["replicas"] == 1
    assert pinned.newest is not None
    assert pinned.newest.defaults["replicas"] == 2
    assert repo.resolved().values["resources"] == {"requests": {"cpu": "100m"}}


def test_policy_and_overlay_are_read_from_the_newest(repo: Shop) -> None:
    old = head_of(repo.folder)
    repo.commit({SPEC: SERVICE.replace("team-shop", "team-new")})
    prod = "environments/prod/environment.yaml"
    repo.commit({prod: FILES[prod].replace("replicas: 3", "replicas: 7")})
    repo.pin(old)
    service = repo.resolved()
    assert (service.owner, service.values["replicas"]) == ("team-new", 7)


def test_mounted_files_of_the_spec_are_those_of_the_pin(repo: Shop) -> None:
    banner = "environments/base/services/banner.html"
    old = repo.commit({banner: "old"})
    repo.commit({banner: "new"})
    repo.pin(old, "{files: {/etc/banner: banner.html}}")
    assert repo.resolved().files == {"/etc/banner": b"old"}
    repo.commit({"environments/prod/services/banner.html": "prod"})
    assert repo.resolved().files == {"/etc/banner": b"prod"}


def test_without_a_pin_the_tree_counts(repo: Shop) -> None:
    pinned = repo.pinned()
    assert pinned.revision is None
    assert pinned.newest is None
    assert pinned.tree is pinned.base


def test_the_identity_of_a_pinned_release_is_that_of_its_content(repo: Shop) -> None:
    old = head_of(repo.folder)
    before = repo.pinned()
    repo.commit({SPEC: SERVICE.replace("100m", "900m")})
    repo.pin(old)
    pinned = repo.pinned()
    image = "ghcr.io/acme/cart:1"
    assert release_id(pinned.tree, pinned.spec, image) == release_id(before.tree, before.spec, image)


def test_commits_with_the_same_templates_share_them(repo: Shop) -> None:
    one = head_of(repo.folder)
    other = repo.commit({SPEC: SERVICE.replace("100m", "900m")})
    changed = repo.commit({PARENT: WORKLOAD.replace("default: 1", "default: 2")})
    pins, tree = repo.pins(), DiskTree(repo.folder)
    found = []
    for revision in (one, other, changed):
        (repo.folder / OVERLAY).write_text(f"release: {{image: 'a:1', revision: {revision}}}\n")
        repository = load(tree)
        found.append(pins.pinned(tree, repository, repository.overlays["prod", "cart"]).template)
    assert found[0] is found[1]
    assert found[0] is not found[2]
    assert found[2].defaults["replicas"] == 2


def test_an_edited_tree_is_not_mistaken_for_the_one_before() -> None:
    pins = Pins(None, None)
    for default in (1, 2):
        tree = shop({PARENT: WORKLOAD.replace("default: 1", f"default: {default}")})
        repository = load(tree)
        pinned = pins.pinned(tree, repository, repository.overlays["prod", "cart"])
        assert pinned.template.defaults["replicas"] == default


def test_a_merged_side_was_never_the_base(repo: Shop) -> None:
    repo.run("switch", "-q", "-c", "side")
    side = repo.commit({SPEC: SERVICE.replace("100m", "900m")})
    repo.run("switch", "-q", "main")
    repo.commit({"README.md": "x"})
    repo.run("merge", "-q", "--no-ff", "-m", "merge", "side")
    repo.pin(side)
    with pytest.raises(InputError, match="not on the first-parent line of the base branch") as caught:
        repo.pinned()
    assert str(caught.value.where) == f"{OVERLAY}:1:51"


def test_neither_is_a_branch_that_nobody_merged(repo: Shop) -> None:
    repo.run("switch", "-q", "-c", "side")
    side = repo.commit({"README.md": "x"})
    repo.run("switch", "-q", "main")
    with pytest.raises(InputError, match="first-parent line"):
        repo.pins().tree(side)


def test_the_head_itself_and_everything_before_it_can_be_read(repo: Shop) -> None:
    first = head_of(repo.folder)
    head = repo.commit({"README.md": "x"})
    for revision in (first, head):
        assert repo.pins().tree(revision).read(SPEC) == SERVICE.encode()


def test_a_commit_that_is_not_there_says_so(repo: Shop) -> None:
    repo.pin("deadbeef" * 5)
    with pytest.raises(InputError, match="there is no commit deadbeefdead") as caught:
        repo.pinned()
    assert "git fetch" in caught.value.next
    assert caught.value.where is not None
    assert caught.value.where.path == OVERLAY


def test_a_shallow_clone_says_what_to_do(repo: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    old = head_of(repo.folder)
    head = repo.pin(old)
    clone = tmp_path_factory.mktemp("shallow") / "clone"
    repo.run("clone", "-q", "--depth=1", f"file://{repo.folder}", str(clone))
    with pytest.raises(InputError, match=f"this clone is shallow and does not reach revision {old[:12]}") as caught:
        Pins(Git(clone), head).tree(old)
    assert caught.value.next == "run `git fetch --unshallow`"
    subprocess.run(["git", "-C", clone, "fetch", "-q", "--unshallow"], check=True)
    assert Pins(Git(clone), head).tree(old).read(SPEC) == SERVICE.encode()


@pytest.mark.parametrize("revision", ["main", "HEAD", "abc", "--upload-pack=x", "A" * 40, ""])
def test_only_full_ids_reach_git(repo: Shop, revision: str) -> None:
    with pytest.raises(InputError, match="not a full commit id"):
        repo.pins().tree(revision)


@pytest.mark.parametrize("head", [None, "a" * 40])
def test_without_git_nothing_can_be_pinned(head: str | None) -> None:
    with pytest.raises(InputError, match="cannot be read without git"):
        Pins(None, head).tree("a" * 40)


def test_a_pin_from_before_the_service_is_told(repo: Shop) -> None:
    before = repo.commit({SPEC: None, OVERLAY: None, "environments/test/services/cart.yaml": None})
    repo.commit({SPEC: SERVICE})
    repo.pin(before)
    with pytest.raises(InputError, match=f"the pinned commit has no {SPEC}"):
        repo.pinned()


def test_what_is_broken_in_a_pinned_commit_says_when(repo: Shop) -> None:
    broken = repo.commit({SPEC: SERVICE + "frob: 1\n", PARENT: WORKLOAD + "frob: 1\n"})
    repo.commit({SPEC: SERVICE, PARENT: WORKLOAD})
    repo.pin(broken)
    with pytest.raises(InvalidInput, match=rf"unknown field 'frob'.*\(as of {broken[:12]}\)"):
        repo.pinned()


def test_templates_are_read_once_for_a_commit_however_many_services_are_pinned_to_it(
    repo: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = (repo.folder / SPEC).read_text()
    names = [f"cart-{number}" for number in range(12)]
    repo.commit({SPEC.replace("cart", name): spec for name in names})
    commits = [head_of(repo.folder), repo.commit({PARENT: WORKLOAD + "# edited\n"})]
    release = "release: {{image: 'ghcr.io/acme/cart:1', revision: {}}}\n"
    repo.commit({OVERLAY.replace("cart", name): release.format(commits[name < "cart-5"]) for name in names})
    read: list[str] = []
    really = CommitTree.read

    def reading(tree: CommitTree, path: str) -> bytes | None:
        read.append(path)
        return really(tree, path)

    monkeypatch.setattr(CommitTree, "read", reading)

    def reads_of_templates(*services: str) -> list[str]:
        read.clear()
        built = build_all(DiskTree(repo.folder), repo.pins(), ["prod"], services)
        assert all(build.manifests for build in built.builds)
        return sorted(path for path in read if path.startswith("templates/"))

    reads_of_templates(*names)  # what is made of equal templates is kept
    assert reads_of_templates(*names) == reads_of_templates("cart-1", "cart-7")
    assert len(read) < len(reads_of_templates(*names)) + 3 * len(names)
