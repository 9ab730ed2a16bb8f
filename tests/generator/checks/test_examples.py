"""The examples of every check are its tests: only it finds the bad one, and nobody the good one."""

from typing import Any

import pytest

from generator.checks.all import BY_ID, CHECKS, FAMILIES
from generator.checks.check import Basis
from generator.finding import Severity
from tests.generator.checks.rendered import problems

_WRONG = {id for id, check in BY_ID.items() if check.severity is Severity.ERROR}
# A kind in question is no excuse for a rule of another family in the other direction.
_ALLOWED = (
    "allow: {kinds: [CertificateSigningRequest, CustomResourceDefinition, Role, ClusterRoleBinding, "
    "ValidatingAdmissionPolicy, VolumeAttributesClass]}\n"
)
# No beta API that goes away is on by default any more.
_BESIDE = {"deprecated-api": {"api-off-by-default"}}


def extra(check):
    return "" if check.id == "kind-not-allowed" else _ALLOWED


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_bad_example_is_found_by_its_check_where_it_is_and_by_no_other_that_is_an_error(check):
    told = problems(check.bad, before=check.before, extra=extra(check))
    found = {one for one, _ in told}
    assert check.id in found
    assert found & _WRONG <= {check.id} | _BESIDE.get(check.id, set())
    for problem in (problem for one, problem in told if one == check.id):
        assert steps_missing(problem) <= 1, problem.pointer


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_the_good_example_is_fine(check):
    found = {one for one, _ in problems(check.good, before=check.before, extra=extra(check))}
    assert check.id not in found
    assert not found & _WRONG


def steps_missing(problem):
    """How many of the last steps of the pointer lead to nothing that is there."""
    value: Any = problem.placed.value
    missing = 0
    for step in problem.pointer:
        there = step in value if isinstance(value, dict) else isinstance(value, list) and int(step) < len(value)
        value, missing = (value[step], 0) if there else (None, missing + 1)
    return missing


def test_ids_are_unique_and_every_check_says_why_and_what_to_do():
    assert len(BY_ID) == len(CHECKS)
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert all(check.reason and check.fix and check.good and check.bad for check in CHECKS)


def test_what_the_api_server_refuses_is_an_error_and_what_people_prefer_is_not():
    assert {check.severity for check in CHECKS if check.basis is Basis.REFUSED} == {Severity.ERROR}
    tags = {"image-tag", "image-latest"}  # nothing could be promoted or taken back
    preferred = [check for check in CHECKS if check.basis is Basis.PRACTICE and check.id not in tags]
    assert {check.severity for check in preferred} == {Severity.WARNING, None}
