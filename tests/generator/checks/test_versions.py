"""What API servers of some versions refuse and others take or drop: held against those of 1.25 to 1.37."""

from __future__ import annotations

import pytest

from generator.checks.all import CHECKS
from generator.checks.check import Basis
from tests.generator.checks.rendered import scope, webhook

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
ENDPOINTS = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a}
addressType: IPv6
endpoints: [{addresses: ["fd00::1"]}]
"""
NAMED = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec:
  serviceName: a.b
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: "a:1"}]}}
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1}], trafficDistribution: WHERE}\n"
DRIVER = """\
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: a}
spec: {nodeAllocatableUpdatePeriodSeconds: 5}
"""
CLASS = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\nspec: {extendedResourceName: gpu}\n"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.a.b}
spec:
  group: a.b
  scope: Namespaced
  names: {kind: A, plural: as}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object}}
      selectableFields: [{jsonPath: .spec.a}]
"""
ONE_POD = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: a}
spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
"""
OF_CONTAINER = CPU.replace("Resource, resource: {", "ContainerResource, containerResource: {container: a, ")
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, annotations: {kubernetes.io/ingress.class: nginx}}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: a, port: {number: 80}}}}
"""
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: a}
spec: {minAvailable: 1, selector: {matchLabels: {a: b}}, unhealthyPodEvictionPolicy: Always}
"""
WEBHOOK = webhook('{name: "a b", expression: "true"}')
PORT = "ports: [{containerPort: 80}]"
ON_HOST = f"{{name: a, image: a, {PORT}}}, {{name: b, image: b, {PORT}}}"
BESIDE = ON_HOST.replace("}]}", ", protocol: UDP}]}", 1)
PROBE = "startupProbe: {tcpSocket: {port: 1}}"
FILE = "env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: a, key: A}}}]"
EXITS = "restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]"
MOUNT = "{name: a, mountPath: /a, recursiveReadOnly: Enabled}"
BLOCK = "hostUsers: false, volumes: [{name: v, persistentVolumeClaim: {claimName: a}}]"
RESIZED = "{name: b, image: b, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}"
NEAR = "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, TERM}]}}"
SPREAD = f"{{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, {SELECTED}}}"


def pod(more: str = "", container: str = "") -> str:
    return POD.replace("EXTRA", f", {container}" if container else "").replace("MORE", f", {more}" if more else "")


@pytest.mark.parametrize(
    ("text", "last_to_refuse", "first_to_refuse"),
    [
        (pod("hostUsers: false, hostNetwork: true"), 0, 33),
        (pod("securityContext: {supplementalGroupsPolicy: Loose}"), 0, 33),
        (pod("securityContext: {seLinuxChangePolicy: Loose}"), 31, 33),
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
        (CRON_JOB, 33, 999),
        (CLAIM, 0, 34),
        (NAMED, 0, 33),
        (ENDPOINTS.replace("fd00", "FD00"), 0, 33),
        (ENDPOINTS, 0, 99),
        (ENDPOINTS.replace("}]", ", hints: {forNodes: [{name: a}, {name: a}]}}]"), 32, 34),
        (pod("volumes: [{name: v, emptyDir: {}}]", FILE), 34, 99),
        (pod("hostnameOverride: A_b"), 33, 35),
        (pod("hostnameOverride: a, hostNetwork: true"), 33, 35),
        (pod("hostnameOverride: a, setHostnameAsFQDN: true"), 33, 35),
        (pod(container="restartPolicy: Sometimes"), 33, 35),
        (pod(container="restartPolicy: Never"), 33, 99),
        (pod(container=EXITS), 33, 35),
        (pod("resources: {limits: {cpu: 100m}}", "resources: {requests: {cpu: 200m}}"), 31, 34),
        (pod("resources: {requests: {cpu: 1, hugepages-2Mi: 2Mi}}"), 31, 34),
        (pod(BLOCK, "volumeDevices: [{name: v, devicePath: /dev/a}]"), 0, 34),
        (pod(f"initContainers: [{RESIZED}]"), 0, 36),
        (SCALED.replace("minReplicas: 0", "behavior: {scaleUp: {tolerance: -1}}").replace("METRIC", CPU), 32, 35),
        (DRIVER, 32, 35),
        (CLASS, 33, 36),
        (POLICY.replace("INGRESS", "ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/8}}]}]"), 0, 36),
    ],
)
def test_what_is_refused_depends_on_the_version(text: str, last_to_refuse: int, first_to_refuse: int) -> None:
    for version in (31, 32, 33, 34, 35, 36, 37):
        refused = _is_refused(text, version)
        assert refused is (version <= last_to_refuse or version >= first_to_refuse), version


@pytest.mark.parametrize(
    ("text", "last_to_refuse", "first_to_refuse"),
    [
        (ZONED, 0, 29),
        (ZONED.replace("schedule", "timeZone: UTC\n  schedule"), 99, 0),
        (JOB.replace("MORE", "backoffLimitPerIndex: 1"), 0, 29),
        (JOB.replace("MORE", "podReplacementPolicy: x"), 0, 29),
        (pod("hostNetwork: true, securityContext: {sysctls: [{name: net.core.somaxconn, value: '1'}]}"), 0, 29),
        (JOB.replace("MORE", "successPolicy: {rules: [{}]}"), 29, 31),
        (SERVICE.replace("WHERE", "Prefer"), 29, 31),
        (DEFINITION, 29, 31),
        (pod("volumes: [{name: a, emptyDir: {}}]", f"volumeMounts: [{MOUNT}]"), 29, 31),
        (pod("volumes: [{name: a, emptyDir: {}}]", f"volumeMounts: [{MOUNT.replace('Enabled', 'Odd')}]"), 29, 31),
        (pod(NEAR.replace("TERM", "matchLabelKeys: [b]")), 28, 31),
        (pod(NEAR.replace("TERM", "matchLabelKeys: [b], mismatchLabelKeys: [b], labelSelector: {}")), 28, 31),
    ],
)
def test_before_1_31_less_was_refused(text: str, last_to_refuse: int, first_to_refuse: int) -> None:
    for version in (28, 29, 30, 31, 36):
        refused = _is_refused(text, version)
        assert refused is (version <= last_to_refuse or version >= first_to_refuse), version


@pytest.mark.parametrize(
    ("text", "last_to_refuse", "first_to_refuse"),
    [
        (ONE_POD, 26, 99),
        (SCALED.replace("minReplicas: 0", "minReplicas: 1").replace("METRIC", OF_CONTAINER), 26, 99),
        (INGRESS, 26, 99),
        (BUDGET, 25, 27),
        (WEBHOOK, 26, 28),
        (JOB.replace("MORE", "podFailurePolicy: {rules: [{action: Odd, onPodConditions: []}]}"), 0, 26),
        (SET.replace("updateStrategy: {rollingUpdate: {maxUnavailable: MOST}}", "ordinals: {start: -1}"), 25, 27),
        (pod("schedulingGates: [{name: a b}]"), 25, 27),
        (pod(f"topologySpreadConstraints: [{SPREAD}]"), 0, 27),
        (
            pod(f"topologySpreadConstraints: [{SPREAD.replace('DoNotSchedule', 'ScheduleAnyway, minDomains: 2')}]"),
            0,
            27,
        ),
        (pod(f"topologySpreadConstraints: [{SPREAD.replace(SELECTED, 'nodeTaintsPolicy: Odd')}]"), 0, 26),
        (pod("dnsConfig: {searches: [a, b, c, d, e, f, g]}"), 25, 99),
        (pod(f"dnsConfig: {{searches: [{'.'.join(['a'] * 120)}, {'.'.join(['b'] * 120)}]}}"), 25, 99),
        (pod("initContainers: [{name: b, image: b, restartPolicy: Always, PROBE}]".replace("PROBE", PROBE)), 28, 99),
        (pod(container="lifecycle: {preStop: {sleep: {seconds: 1}}}"), 29, 99),
        (JOB.replace("MORE", "").replace('[{name: a, image: "a:1"}]', f"[{ON_HOST}], hostNetwork: true"), 27, 99),
        (POD.replace("[{name: a, image: a:1EXTRA}]MORE", f"[{ON_HOST}], hostNetwork: true"), 99, 0),
        (POD.replace("[{name: a, image: a:1EXTRA}]MORE", f"[{ON_HOST}]"), 0, 99),
        (POD.replace("[{name: a, image: a:1EXTRA}]MORE", f"[{BESIDE}], hostNetwork: true"), 0, 99),
        (pod(f"hostNetwork: true, initContainers: [{{name: b, image: b, {PORT}}}]", PORT), 0, 99),
    ],
)
def test_before_1_30_other_things_were_refused(text: str, last_to_refuse: int, first_to_refuse: int) -> None:
    for version in (25, 26, 27, 28, 29, 30):
        refused = _is_refused(text, version)
        assert refused is (version <= last_to_refuse or version >= first_to_refuse), version


def test_what_restarts_all_containers_is_dropped_before_it_is_refused_and_then_taken() -> None:
    restarting = pod(container="restartPolicy: Never, " + EXITS.replace("Restart,", "RestartAllContainers,"))

    assert [_is_refused(restarting, version) for version in (34, 35, 36)] == [False, True, False]


def _is_refused(text: str, version: int) -> bool:
    looked_at = scope(text).in_version(f"1.{version}")
    return any(True for check in CHECKS if check.basis is Basis.REFUSED for _ in check.run(looked_at))
