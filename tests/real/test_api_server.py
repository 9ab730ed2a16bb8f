"""Our validation and a real API server judge the same manifests; every disagreement is known and explained."""

from collections import Counter

from tests.real.agreement import Judged, explained, known
from tests.real.conftest import ORACLE_VERSION
from tests.real.verdicts import Says


def test_the_oracle_is_of_the_version_that_we_validate_for(kubernetes):
    version = kubernetes.call("GET", "/version").body

    assert f"{version['major']}.{version['minor']}" == ORACLE_VERSION


def test_the_corpus_is_large_and_the_same_every_time(judged):
    kinds = {one.case.of.partition("/")[0] for one in judged}

    assert len(judged) >= 5000
    assert len(kinds) >= 35
    assert Counter(one.server.says for one in judged)[Says.ACCEPTS] >= 1000


def test_the_api_server_takes_everything_that_we_render(judged):
    refused = [one for one in judged if one.case.mutation in ("valid", "rendered") and one.server.says is Says.REFUSES]

    assert [str(one) for one in refused] == []


def test_we_agree_with_the_api_server_except_where_it_is_explained(judged: tuple[Judged, ...]):
    _, left = explained(judged, known())

    assert not left, "\n".join([f"{len(left)} disagreements without an explanation:", *map(str, left)])


def test_every_explanation_is_needed(judged):
    by_entry, _ = explained(judged, known())

    assert [entry for entry, cases in by_entry.items() if not cases] == []
