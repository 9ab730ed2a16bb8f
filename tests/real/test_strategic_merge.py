"""What we make of a strategic merge patch is what the API server makes of it."""

import copy
import json
import random

import pytest

from generator.patches.strategic_merge import PatchError
from tests.generator.patches.record_strategic_merges import DEPLOYMENT, WRITTEN, drawn
from tests.generator.patches.test_strategic_merge import merged

PATH = "/apis/apps/v1/namespaces/default/deployments"
SEED = random.Random(7386)
PATCHES = [*WRITTEN, *(drawn(SEED) for _ in range(150))]


@pytest.fixture(scope="module")
def stored(kubernetes):
    """A Deployment as the API server has it, with all its defaults."""
    wanted = copy.deepcopy(DEPLOYMENT)
    wanted["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    answer = kubernetes.call("POST", PATH, json.dumps(wanted))
    assert answer.status == 201, answer.message
    yield kubernetes.call("GET", f"{PATH}/web").body
    kubernetes.call("DELETE", f"{PATH}/web")


def told(answer):
    """What there would be, less what the server counts; None where it refuses."""
    if answer.status != 200:
        return None
    metadata = {
        key: value for key, value in answer.body["metadata"].items() if key not in ("generation", "managedFields")
    }
    return {**answer.body, "metadata": metadata}


def test_patches_give_what_the_api_server_gives(kubernetes, stored):
    wrong, refused = [], 0
    for patch in PATCHES:
        kind = "application/strategic-merge-patch+json"
        theirs = told(kubernetes.call("PATCH", f"{PATH}/web?dryRun=All", json.dumps(patch), kind))
        try:
            made = merged(stored, patch)
        except PatchError:
            made = None
        ours = told(kubernetes.call("PUT", f"{PATH}/web?dryRun=All", json.dumps(made))) if made else None
        refused += theirs is None
        if ours != theirs:
            wrong.append(json.dumps(patch))
    assert wrong == []
    assert 0 < refused < len(PATCHES) / 2
