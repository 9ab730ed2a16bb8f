import tomllib
from pathlib import Path

import pytest

from generator.version import VERSION, satisfies


def test_it_is_the_version_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


@pytest.mark.parametrize(
    ("version", "requirement", "fits"),
    [
        ("0.1.0", "~=0.1", True),
        ("0.9.3", "~=0.1", True),
        ("1.0.0", "~=0.1", False),
        ("0.1.5", "~=0.1.2", True),
        ("0.2.0", "~=0.1.2", False),
        ("0.1.1", "~=0.1.2", False),
        ("0.1.0", ">=0.1,<2", True),
        ("2.0.0", ">=0.1,<2", False),
        ("0.10.0", ">0.9", True),
        ("0.1.0", "==0.1", True),
        ("0.1.0", "!=0.1", False),
        ("0.1.0", "<=0.1", True),
        ("0.1.0", "> 0.1", False),
    ],
)
def test_requirements(version: str, requirement: str, fits: bool) -> None:
    assert satisfies(version, requirement) is fits


@pytest.mark.parametrize("requirement", ["", "0.1", "~=1", "^0.1", ">=0.1,", ">=a"])
def test_what_is_no_requirement(requirement: str) -> None:
    with pytest.raises(ValueError, match=r"requirement|two numbers"):
        satisfies("0.1.0", requirement)
