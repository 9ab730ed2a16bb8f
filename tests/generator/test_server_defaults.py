"""Some defaults of the API server; `tests/real/test_server_defaults.py` holds all of them against a real one."""

import pytest

from generator.server_defaults import comparable

SNAPSHOT = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "nightly"}


def of(kind, spec):
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec}


@pytest.mark.parametrize(
    ("kind", "written", "stored"),
    [
        ("PersistentVolumeClaim", {"dataSourceRef": SNAPSHOT}, {"dataSource": SNAPSHOT, "dataSourceRef": SNAPSHOT}),
        ("PersistentVolumeClaim", {"dataSource": SNAPSHOT}, {"dataSource": SNAPSHOT, "dataSourceRef": SNAPSHOT}),
        ("ReplicaSet", {}, {"replicas": 1}),
        (
            "CronJob",
            {"jobTemplate": {"spec": {"podFailurePolicy": {"rules": [{"onPodConditions": [{"type": "Ready"}]}]}}}},
            {
                "jobTemplate": {
                    "spec": {
                        "podFailurePolicy": {"rules": [{"onPodConditions": [{"type": "Ready", "status": "True"}]}]},
                        "backoffLimit": 6,
                    }
                }
            },
        ),
        (
            "ResourceClaimTemplate",
            {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu"}}]}}},
            {
                "spec": {
                    "devices": {
                        "requests": [
                            {
                                "name": "gpu",
                                "exactly": {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1},
                            }
                        ]
                    }
                }
            },
        ),
    ],
)
def test_what_was_written_is_what_is_stored(kind, written, stored):
    assert comparable(of(kind, written)) == comparable(of(kind, stored))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("PersistentVolumeClaim", {"dataSourceRef": SNAPSHOT}, {"dataSourceRef": {**SNAPSHOT, "name": "weekly"}}),
        ("PersistentVolumeClaim", {"dataSourceRef": SNAPSHOT}, {}),
        ("ReplicaSet", {}, {"replicas": 2}),
    ],
)
def test_what_means_something_else_stays_that(kind, one, other):
    assert comparable(of(kind, one)) != comparable(of(kind, other))
