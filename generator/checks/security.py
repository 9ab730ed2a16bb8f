"""What containers may do to their node and to each other: the rules that the field's linters agree on.

Sources: the Pod Security Standards (baseline and restricted), and the default checks of kube-linter, kube-score and
Polaris.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment
from generator.checks.objects import Container, Pod
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import items, mapping

_HOST: Final = {"hostNetwork": "network", "hostPID": "processes", "hostIPC": "shared memory"}
_SAFE: Final = frozenset(
    "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports "
    "net.ipv4.ip_unprivileged_port_start net.ipv4.ping_group_range net.ipv4.tcp_fin_timeout "
    "net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_keepalive_time net.ipv4.tcp_rmem "
    "net.ipv4.tcp_syncookies net.ipv4.tcp_wmem".split()
)
Run = Callable[[Scope], Iterator[Problem]]


def _contexts(words: Callable[[Container, Pod, Any], str], field: str) -> Run:
    """A check of every container's security context; it points at a field if that is written, else at the container."""

    def run(scope: Scope) -> Iterator[Problem]:
        for pod in scope.pods:
            for container in pod.containers:
                context = mapping(container.value, "securityContext")
                if found := words(container, pod, context):
                    place: Pointer = ("securityContext", field) if field in context else ()
                    message = f"{pod.placed.title}: {container.title} {found}"
                    yield Problem(container.placed, (*container.pointer, *place), message)

    return run


def _root(_: Container, pod: Pod, context: Any) -> str:
    of_pod = mapping(pod.spec, "securityContext")
    user = context.get("runAsUser", of_pod.get("runAsUser"))
    if user == 0:
        return "runs as root (user 0)"
    not_root = context.get("runAsNonRoot", of_pod.get("runAsNonRoot"))
    return "" if not_root is True or user else "may run as root: runAsNonRoot is not set"


def _writable(_: Container, __: Pod, context: Any) -> str:
    return "" if context.get("readOnlyRootFilesystem") is True else "can write to its own files"


def _escalation(_: Container, __: Pod, context: Any) -> str:
    allowed = context.get("allowPrivilegeEscalation")
    return "" if allowed is False else "may gain more privileges than it starts with"


def _capabilities(_: Container, __: Pod, context: Any) -> str:
    dropped = mapping(context, "capabilities").get("drop")
    all_gone = isinstance(dropped, list) and any(str(one).upper() == "ALL" for one in dropped)
    return "" if all_gone else "keeps capabilities that it hardly needs"


def _privileged(_: Container, __: Pod, context: Any) -> str:
    return "is privileged: it can do on its node what root can" if context.get("privileged") is True else ""


def _seccomp(_: Container, pod: Pod, context: Any) -> str:
    of_pod = mapping(pod.spec, "securityContext", "seccompProfile")
    kind = mapping(context, "seccompProfile").get("type", of_pod.get("type"))
    return "" if kind in ("RuntimeDefault", "Localhost") else "may make every system call"


def _host(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        for field, words in _HOST.items():
            if pod.spec.get(field) is True:
                yield Problem(
                    pod.placed, (*pod.spec_pointer, field), f"{pod.placed.title} sees the {words} of its node"
                )


def _sysctls(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        for index, sysctl in items(pod.spec, "securityContext", "sysctls") if "securityContext" in pod.spec else ():
            name = str(sysctl.get("name")).replace("/", ".")
            if name not in _SAFE:
                path = (*pod.spec_pointer, "securityContext", "sysctls", index, "name")
                yield Problem(pod.placed, path, f"{pod.placed.title}: {name} is not among the safe sysctls")


def _host_paths(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        for index, volume in items(pod.spec, "volumes") if "volumes" in pod.spec else ():
            path = mapping(volume, "hostPath").get("path")
            if path is not None:
                message = f"{pod.placed.title} mounts {path} of its node"
                yield Problem(pod.placed, (*pod.spec_pointer, "volumes", index, "hostPath"), message)


def _account(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        if pod.spec.get("serviceAccountName") in (None, "", "default"):
            message = f"{pod.placed.title} runs as the service account that all pods of its namespace share"
            yield Problem(pod.placed, pod.spec_pointer, message)


def _tokens(scope: Scope) -> Iterator[Problem]:
    accounts = {placed.name: placed.value for placed in scope.of("ServiceAccount")}
    bound = {
        str(subject.get("name"))
        for placed in scope.of("RoleBinding", "ClusterRoleBinding")
        for _, subject in items(placed.value, "subjects")
        if subject.get("kind") == "ServiceAccount"
    }
    for pod in scope.pods:
        name = str(pod.spec.get("serviceAccountName") or "default")
        mounted = pod.spec.get("automountServiceAccountToken")
        if mounted is None:
            mounted = accounts.get(name, {}).get("automountServiceAccountToken")
        if mounted is not False and name not in bound:
            message = (
                f"{pod.placed.title} gets a token for the API, in which its service account {name} has no rights here"
            )
            yield Problem(pod.placed, pod.spec_pointer, message)


def _check(id: str, severity: Severity | None, run: Run, reason: str, fix: str, good: str, bad: str) -> Check:
    return Check(id, severity, Basis.PRACTICE, reason, fix, run, good, bad)


def _context(text: str) -> str:
    return deployment(f"securityContext: {{{text}}}")


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"

FAMILY = Family(
    "security",
    "Security",
    "What containers may do to their node and to each other. The Pod Security Standards ask for the same.",
    (
        _check(
            "run-as-non-root",
            Severity.WARNING,
            _contexts(_root, "runAsUser"),
            "root in a container is root on the node as soon as there is one hole in between",
            "set securityContext.runAsNonRoot: true for the pod or the container, and a user in the image",
            _context("runAsNonRoot: true"),
            _context("runAsUser: 0"),
        ),
        _check(
            "read-only-root-filesystem",
            Severity.WARNING,
            _contexts(_writable, "readOnlyRootFilesystem"),
            "an intruder who cannot write has nowhere to put tools, and nothing of a release changes while it runs",
            "set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir where it must write",
            _context("readOnlyRootFilesystem: true"),
            deployment(),
        ),
        _check(
            "privilege-escalation",
            Severity.WARNING,
            _contexts(_escalation, "allowPrivilegeEscalation"),
            "without it, no setuid program in the image can make its caller root",
            "set securityContext.allowPrivilegeEscalation: false",
            _context("allowPrivilegeEscalation: false"),
            deployment(),
        ),
        _check(
            "capabilities",
            Severity.WARNING,
            _contexts(_capabilities, "capabilities"),
            "container runtimes leave a dozen rights of root in place that services do not use",
            "set securityContext.capabilities: {drop: [ALL]}, and add those that are needed",
            _context("capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}"),
            deployment(),
        ),
        _check(
            "privileged",
            Severity.WARNING,
            _contexts(_privileged, "privileged"),
            "there is no wall between a privileged container and its node",
            "remove privileged, and add the one capability that is needed",
            _context("privileged: false"),
            _context("privileged: true"),
        ),
        _check(
            "seccomp",
            None,
            _contexts(_seccomp, "seccompProfile"),
            "the runtime's default profile refuses system calls that services do not make and exploits do",
            "set securityContext.seccompProfile: {type: RuntimeDefault} for the pod",
            deployment(pod="securityContext: {seccompProfile: {type: RuntimeDefault}}"),
            deployment(),
        ),
        _check(
            "host-namespaces",
            Severity.WARNING,
            _host,
            "it can listen to or signal whatever else runs on the node",
            "remove the field",
            deployment(),
            deployment(pod="hostPID: true"),
        ),
        _check(
            "unsafe-sysctl",
            Severity.WARNING,
            _sysctls,
            "a node starts no pod with a sysctl that may harm others, unless its kubelet was told to allow it",
            "remove it, or allow it on the nodes that the pod runs on",
            deployment(pod="securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]}"),
            deployment(pod="securityContext: {sysctls: [{name: net.core.somaxconn, value: '1024'}]}"),
        ),
        _check(
            "host-path",
            Severity.WARNING,
            _host_paths,
            "what is written there outlives the pod, belongs to one node, and may be the way to all of it",
            "use a PersistentVolumeClaim, a ConfigMap or an emptyDir",
            deployment(pod="volumes: [{name: data, emptyDir: {}}]"),
            deployment(pod="volumes: [{name: data, hostPath: {path: /var/log}}]"),
        ),
        _check(
            "default-service-account",
            None,
            _account,
            "rights given to the account `default` are everybody's",
            "give the service an account of its own",
            f"{_ACCOUNT}---\n{deployment(pod='serviceAccountName: web')}",
            deployment(),
        ),
        Check(
            "service-account-token",
            None,
            Basis.PRACTICE,
            "a token that nobody needs is one that can be stolen",
            "set automountServiceAccountToken: false, for the pod or its service account",
            _tokens,
            deployment(pod="automountServiceAccountToken: false"),
            deployment(),
            across=True,
        ),
    ),
)
