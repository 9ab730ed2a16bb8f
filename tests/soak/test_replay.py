"""Every filter, test, operator and method in every place of a template is replayed as it runs."""

import pytest

from tests.generator.rendering.replaying import CHOICES, CONTEXTS, EVERY, OF_ALL, Asked, held


@pytest.mark.parametrize("expression", [*EVERY, *OF_ALL])
def test_every_expression_is_replayed_as_it_runs(expression):
    for choice in CHOICES:
        held(Asked(choice.format(expression)), CONTEXTS)
