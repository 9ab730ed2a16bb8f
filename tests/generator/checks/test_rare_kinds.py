"""Kinds and fields that people rarely write: what is fine is taken, and each mistake is found by its check.

The manifests are those of `tests/real/corpus/held_out/{rarer,finer,fresh}.yaml`, which a real API server judges too.
"""

from tests.real.cases import held_out
from tests.real.conftest import ORACLE_VERSION
from tests.real.verdicts import Says, our_environment, ours

PLACE = our_environment(ORACLE_VERSION)
CASES = (*held_out("rarer"), *held_out("finer"), *held_out("fresh"))
SECOND = '/spec/versions/1={"name": "v2", "schema": {"openAPIV3Schema": {"type": "object"}}}'
RULE = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations/0/rule"
FINE = {
    'Deployment/iis held-out ~securityContext/windowsOptions/runAsUserName={"104": "a"}',
    'Deployment/iis held-out ~securityContext/windowsOptions/runAsUserName="ACME\\\\joe"',
    'Deployment/iis held-out ~securityContext/windowsOptions/runAsUserName="a.b\\\\joe"',
    'MutatingWebhookConfiguration/inject held-out /webhooks/0/clientConfig/url="HTTPS://hooks.acme.io/inject"',
    'Deployment/shop held-out /status={"conditions": [{"type": "A"}, {"type": "B"}]}',
    'Pod/listed held-out /status/hostIPs=[{"ip": "10.0.0.1"}, {"ip": "10.0.0.1"}]',
    'Deployment/shop held-out /spec/template/metadata/finalizers=["kept"]',
    "Pod/listed held-out /spec/priority=0",
    'Job/three held-out /spec/selector={"matchLabels": {}}',
    'ValidatingAdmissionPolicy/few held-out /spec/paramKind={"apiVersion": "/v1", "kind": "ConfigMap"}',
    (
        "ConfigMap/settings held-out /metadata/ownerReferences="
        '[{"apiVersion": "/v1", "kind": "A", "name": "a", "uid": "a"}]'
    ),
    'Pod/listed held-out /spec/securityContext/sysctls=[{"name": "kernel.shm_rmid_forced"}]',
    "Pod/listed held-out /spec/containers/0/lifecycle/preStop/sleep={}",
    'Pod/listed held-out /spec/containers/0/livenessProbe={"httpGet": {"port": 80, "httpHeaders": [{"name": "X"}]}}',
    "CustomResourceDefinition/widgets.acme.io held-out /spec/versions/0/served removed",
    f"CustomResourceDefinition/widgets.acme.io held-out {SECOND}",
    'Pod/listed held-out /spec/preemptionPolicy="PreemptLowerPriority"',
    'ResourceQuota/devices held-out /spec/hard={"requests.acme.io/card": 0.5}',
    'Pod/pages held-out /spec/volumes/0/emptyDir/medium="HugePages-2MB"',
    'PersistentVolume/raw-disk held-out /spec/local={"path": "/dev/sdb", "fsType": "ext4"}',
    'Pod/profiled held-out /metadata/annotations={"seccomp.security.alpha.kubernetes.io/pod": "docker/default"}',
    'Pod/profiled held-out /metadata/annotations={"container.seccomp.security.alpha.kubernetes.io/none": "unconfined"}',
    "Pod/profiled held-out /spec/containers/0/securityContext/appArmorProfile removed",
    'Pod/profiled held-out /spec/topologySpreadConstraints/0/matchLabelKeys=["other"]',
    "Job/by-hand held-out /spec/selector={}",
    'HorizontalPodAutoscaler/of-controller held-out /spec/scaleTargetRef/apiVersion="v1"',
    'HorizontalPodAutoscaler/of-controller held-out /spec/metrics/0/containerResource/name="acme.io/gpu"',
    'PersistentVolumeClaim/copied held-out /spec/dataSourceRef={"apiGroup": "acme.io", "kind": "X", "name": "a"}',
    'ValidatingWebhookConfiguration/look held-out /webhooks/0/rules/0/resources=["pods", "pods/status"]',
    'LimitRange/foreign held-out /spec/limits/1/max={"storage": "1Gi", "services": 1}',
    'Pod/scratchy held-out /spec/volumes/1/persistentVolumeClaim/claimName="scratchy-data"',
    *(
        f"CustomResourceDefinition/widgets.acme.io held-out {RULE}={rule}"
        for rule in (
            *('"self.weight > 1"', '"self.weight == 1.0"', '"self.size > 0u"', '"has(self.name)"'),
            *("\"self.labels.all(k, v, v == 'a')\"", "\"sets.contains(self.tags, ['a'])\""),
            "\"self.labels['a'] == 'b' && self.labels.size() > 0\"",
        )
    ),
    *(
        f'{of} held-out /metadata/finalizers=["kept"]'
        for of in (
            *("APIService/v1.local.acme.io", "CustomResourceDefinition/tunnels.net.acme.io", "Event/elsewhere"),
            *("Lease/leader", "MutatingAdmissionPolicy/label-all", "MutatingAdmissionPolicyBinding/label-all"),
            *("MutatingWebhookConfiguration/inject", "PodDisruptionBudget/none-of-them"),
            "ValidatingAdmissionPolicy/limits",
        )
    ),
    *(
        f"PriorityLevelConfiguration/dealt held-out /spec/limited/limitResponse/queuing={queuing}"
        for queuing in ('{"handSize": 0, "queues": 181}', '{"handSize": 9}', '{"handSize": 15, "queues": 15}')
    ),
}
"""What the API server takes though it looks wrong."""


def test_what_is_fine_is_taken():
    fine = [case for case in CASES if case.mutation == "valid" or case.name in FINE]
    assert {case.name: said.why for case in fine if (said := ours(case, PLACE)).says is Says.REFUSES} == {}
    assert len(fine) > 60


def test_mistakes_are_found():
    broken = [case for case in CASES if case.mutation != "valid" and case.name not in FINE]
    assert [case.name for case in broken if ours(case, PLACE).says is Says.ACCEPTS] == []


def test_exceptions_are_cases():
    assert {case.name for case in CASES} >= FINE
