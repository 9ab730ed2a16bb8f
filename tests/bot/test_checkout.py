"""From a checkout to the clone of its remote, which must be nobody else's."""

import pytest

from bot.checkout import open_clone
from generator.errors import InputError
from tests.generator.small import commit, git, write_files


@pytest.fixture
def checkout(tmp_path):
    root = write_files(tmp_path / "shop")
    commit(root)
    git(root, "remote", "add", "origin", str(tmp_path / "shop.git"))
    return root


def test_a_clone_that_the_repository_brings_along_is_not_used(checkout):
    write_files(
        checkout, {".towpath/clone.git/config": '[remote "towpath"]\n\tuploadpack = touch /tmp/here; git-upload-pack\n'}
    )
    git(checkout, "add", "--force", ".towpath")
    with pytest.raises(InputError, match=r"files of its own in \.towpath"):
        open_clone(checkout)


def test_a_link_in_the_place_of_the_clone_is_not_followed(checkout, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "precious").write_text("precious")
    (checkout / ".towpath").mkdir()
    (checkout / ".towpath" / "clone.git").symlink_to(tmp_path / "home")
    with pytest.raises(InputError, match=r"files of its own in \.towpath"):
        open_clone(checkout)
    assert (tmp_path / "home" / "precious").read_text() == "precious"
