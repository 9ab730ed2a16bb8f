"""What the tests against real programs share: an API server that is started once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.agreement import Judged
from tests.real.cases import corpus
from tests.real.verdicts import Oracle, namespaces, our_environment, ours
from tests.testbed.api_server import ApiServer, api_server

ORACLE_VERSION = "1.36"


@pytest.fixture(scope="session")
def kubernetes(need: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A real API server with an empty cluster, except for the service account that every pod has."""
    kube = need("kube")
    if os.environ.get("PYTEST_XDIST_WORKER") and not os.environ.get("TOWPATH_REQUIRE_REAL"):
        pytest.skip("each of several workers would start an API server of its own: run pytest tests/real without them")
    with api_server(kube, tmp_path_factory.mktemp("kubernetes")) as server:
        for name in ("default", "web"):
            account = f'{{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {{"name": "{name}"}}}}'
            assert server.call("POST", "/api/v1/namespaces/default/serviceaccounts", account).status == 201
        yield server


@pytest.fixture(scope="session")
def judged(kubernetes: ApiServer) -> tuple[Judged, ...]:
    """Every case of the corpus with the API server's verdict and ours."""
    cases = corpus()
    for name in sorted(namespaces(cases)):
        body = f'{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "{name}"}}}}'
        assert kubernetes.call("POST", "/api/v1/namespaces", body).status == 201
    environment = our_environment(ORACLE_VERSION)
    verdicts = Oracle(kubernetes).verdicts(cases)
    return tuple(Judged(case, said, ours(case, environment)) for case, said in zip(cases, verdicts, strict=True))
