"""The pages about the checks are those that the checks make."""

import pytest

from generator.checks.all import CHECKS, FAMILIES
from generator.report.check_pages import main, pages
from generator.shipped import shipped

DOCS = shipped("templates").parent / "docs" / "checks"


@pytest.mark.parametrize("name", pages())
def test_the_committed_pages_are_current(name, update_golden):
    if update_golden:
        (DOCS / name).write_text(pages()[name], encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run python -m generator.report.check_pages"


def test_no_page_is_left_of_a_family_that_is_gone():
    assert {path.name for path in DOCS.iterdir()} == set(pages())


def test_every_check_has_its_section_with_both_examples():
    text = "".join(pages().values())
    for check in CHECKS:
        assert f"\n## {check.id}\n" in text
    assert text.count("```yaml\n") >= 2 * len(CHECKS)
    assert max(map(len, text.splitlines())) < 1000


def test_writing_them_makes_these_files(tmp_path, capsys):
    main(tmp_path)
    assert len(list(tmp_path.iterdir())) == len(FAMILIES) + 1
    assert "wrote" in capsys.readouterr().err
