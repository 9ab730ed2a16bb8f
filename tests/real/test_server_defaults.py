"""What adoption takes for defaults of the API server are those of a real one, for every kind it knows."""

from __future__ import annotations

import json
from typing import Any

from generator.adoption.live import as_written
from generator.server_defaults import comparable
from tests.real.cases import corpus
from tests.real.verdicts import Oracle, Says


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where something else is stored than was written."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [found for key in keys for found in differences(one.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for index, (a, b) in pairs for found in differences(a, b, f"{path}[{index}]")]
    given_out = one is None and path.endswith(".nodePort")
    if one == other or other is None or given_out:  # what is not stored, it takes away, or gives out itself
        return []
    return [f"{path}: {json.dumps(one)} was written, {json.dumps(other)} is stored"]


# Kinds that adoption leaves as they are, and pods, which services are not made of: what the server adds stays in them.
LEFT = frozenset(
    "CSIDriver CertificateSigningRequest CustomResourceDefinition EndpointSlice Event Lease LimitRange"
    " MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node"
    " PersistentVolume Pod PodTemplate PriorityClass PriorityLevelConfiguration ReplicationController ResourceQuota"
    " ResourceSlice Secret ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
    " ValidatingWebhookConfiguration".split()
)
# A job without labels gets those of its pods.
KNOWN = ["Job/import valid .metadata.labels", "Job/many valid .metadata.labels"]


def test_the_server_fills_in_what_the_table_says_and_nothing_else(kubernetes):
    oracle = Oracle(kubernetes)
    cases = [case for case in corpus() if case.mutation in ("valid", "rendered")]
    cases = [case for case in cases if case.of.partition("/")[0] not in LEFT]
    found: list[str] = []
    for case, verdict in zip(cases, oracle.verdicts(cases), strict=True):
        if verdict.says is Says.ACCEPTS:
            written, kept = json.loads(case.text), oracle.stored(case)
            if "namespace" in kept["metadata"]:  # whoever sends an object may say it elsewhere
                written["metadata"].setdefault("namespace", "default")
            sent, stored = (comparable(as_written(one)) for one in (written, kept))
            found += (f"{case.name} {one}" for one in differences(sent, stored))
    assert len(cases) > 100
    assert [one for one in found if not one.startswith(tuple(KNOWN))] == []
    assert len(found) == len(KNOWN)
