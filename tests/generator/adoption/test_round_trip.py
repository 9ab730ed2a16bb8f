"""Whatever our templates render can be imported again, and renders the same."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from generator.finding import errors
from generator.k8syaml import dump
from generator.template_library.cases import run
from tests.generator.adoption.manifests import adopted
from tests.generator.own_files.test_templates_hold import TEMPLATES, surveyed, values_of
from tests.generator.rendering.test_render import CASES, SHIPPED


def stream(objects):
    return "---\n".join(dump(obj) for obj in objects)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_the_cases_of_the_templates_render_comes_back_by_a_template(case):
    """Of those that set everything, what no other service sets at once is patched."""
    adoption = adopted("---\n".join(run(SHIPPED, case).made.values()))
    assert adoption.is_proven
    (service,) = (one for one in adoption.services if one.service != "shared")
    assert service.template is not None
    assert not service.patched or case.name == "everything"


@pytest.mark.parametrize("name", sorted(TEMPLATES))
@settings(max_examples=settings().max_examples // 5, suppress_health_check=list(HealthCheck))  # each is dear
@given(data=st.data())
def test_every_valid_service_comes_back(name, data):
    found = surveyed(name, data.draw(values_of(name)))
    assume(not errors(found.findings))
    adoption = adopted(stream(obj for build in found.kept for manifest in build.manifests for obj in manifest.objects))
    assert adoption.is_proven, (adoption.differences, adoption.findings)
