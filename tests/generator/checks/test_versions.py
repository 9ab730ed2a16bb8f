"""What API servers of some versions refuse and others take or drop: held against those of 1.28, 1.31, 1.36 and 1.37."""

from __future__ import annotations

import pytest

from generator.checks.all import CHECKS
from generator.checks.check import Basis
from tests.generator.checks.rendered import scope

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
spec: {containers: [{name: a, image: a:1EXTRA}]MORE}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: a}
spec:
  MORE
  template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}
"""
CRON_JOB = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}
      template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}
"""
ZONED = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: a}
spec:
  schedule: "TZ=Europe/Berlin * * * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}}
"""
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: a}
spec: {accessModes: [ReadWriteOnce], volumeAttributesClassName: A_b, resources: {requests: {storage: 1Gi}}}
"""
POLICY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}, INGRESS}\n"
)
SCALED = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}
  minReplicas: 0
  maxReplicas: 2
  metrics: [METRIC]
"""
EXTERNAL = "{type: External, external: {metric: {name: a}, target: {type: Value, value: 1}}}"
CPU = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}"
SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  updateStrategy: {rollingUpdate: {maxUnavailable: MOST}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:1"}]}}
"""
BUNDLE = "volumes: [{name: a, projected: {sources: [{clusterTrustBundle: {BUNDLE, path: x}}]}}]"
CERTIFICATE = "signerName: a.com/b, keyType: RSA, credentialBundlePath: x"
SELECTED = "labelSelector: {matchLabels: {b: c}}, matchLabelKeys: [b]"
SPREAD = f"{{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, {SELECTED}}}"


def pod(more: str = "", container: str = "") -> str:
    return POD.replace("EXTRA", f", {container}" if container else "").replace("MORE", f", {more}" if more else "")


@pytest.mark.parametrize(
    ("text", "last_to_refuse", "first_to_refuse"),
    [
        (pod("hostUsers: false, hostNetwork: true"), 0, 33),
        (pod("securityContext: {supplementalGroupsPolicy: Loose}"), 0, 33),
        (pod(container="securityContext: {procMount: Odd}"), 0, 33),
        (pod(container="resizePolicy: [{resourceName: disk, restartPolicy: NotRequired}]"), 0, 33),
        (pod("resourceClaims: [{name: a}]"), 0, 34),
        (pod(container="resources: {claims: [{name: b}]}"), 0, 34),
        (pod("volumes: [{name: a, image: {pullPolicy: Always}}]"), 0, 35),
        (pod(container="lifecycle: {preStop: {sleep: {seconds: 0}}}"), 32, 99),
        (pod(container="lifecycle: {preStop: {sleep: {seconds: -1}}}"), 99, 0),
        (JOB.replace("MORE", "completionMode: Indexed"), 0, 99),
        (JOB.replace("MORE", "completionMode: Indexed\n  parallelism: 2"), 99, 0),
        (pod("dnsConfig: {searches: [.]}"), 32, 99),
        (pod("dnsConfig: {searches: [a..b]}"), 99, 0),
        (SCALED.replace("METRIC", EXTERNAL), 36, 99),
        (SCALED.replace("METRIC", CPU), 99, 0),
        (SET.replace("MOST", "0"), 0, 37),
        (SET.replace("MOST", "200%"), 0, 37),
        (SET.replace("MOST", "50%"), 0, 99),
        (pod(BUNDLE.replace("BUNDLE", "name: a, signerName: b.com/c")), 0, 37),
        (pod(BUNDLE.replace("BUNDLE", "name: a")), 0, 99),
        (pod(f"volumes: [{{name: a, projected: {{sources: [{{podCertificate: {{{CERTIFICATE}}}}}]}}}}]"), 33, 37),
        (pod("hostAliases: [{ip: 010.0.0.1, hostnames: [a]}]"), 0, 36),
        (pod("hostAliases: [{ip: 10.0.0.256, hostnames: [a]}]"), 999, 0),
        (pod(container="lifecycle: {preStop: {sleep: {}}}"), 32, 999),
        (pod(f"topologySpreadConstraints: [{SPREAD}]"), 33, 999),
        (JOB.replace("MORE", "managedBy: x"), 0, 32),
        (JOB.replace("MORE", "podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: A}]}]}"), 0, 999),
        (CRON_JOB, 34, 999),
        (CLAIM, 0, 34),
        (POLICY.replace("INGRESS", "ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]"), 0, 36),
    ],
)
def test_what_is_refused_depends_on_the_version(text: str, last_to_refuse: int, first_to_refuse: int) -> None:
    for version in (31, 32, 33, 34, 35, 36, 37):
        refused = _is_refused(text, version)
        assert refused is (version <= last_to_refuse or version >= first_to_refuse), version


@pytest.mark.parametrize(
    ("text", "first_to_refuse"),
    [
        (ZONED, 29),
        (ZONED.replace("schedule", "timeZone: UTC\n  schedule"), 0),
        (JOB.replace("MORE", "backoffLimitPerIndex: 1"), 29),
        (JOB.replace("MORE", "podReplacementPolicy: x"), 29),
        (pod("hostNetwork: true, securityContext: {sysctls: [{name: net.core.somaxconn, value: '1'}]}"), 29),
    ],
)
def test_before_1_29_less_was_refused(text: str, first_to_refuse: int) -> None:
    for version in (28, 29, 36):
        assert _is_refused(text, version) is (version >= first_to_refuse), version


def _is_refused(text: str, version: int) -> bool:
    looked_at = scope(text).in_version(f"1.{version}")
    return any(True for check in CHECKS if check.basis is Basis.REFUSED for _ in check.run(looked_at))
