"""Fields of a pod and of its containers that must fit each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, job
from generator.checks.objects import Container, Pod
from generator.finding import Severity
from generator.quantity import whole
from generator.repository import Pointer
from generator.workload import POD_TEMPLATES, at, items, mapping

_APPARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP: Final = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_OF_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_PROFILE: Final = re.compile("(runtime/default|unconfined|localhost/.*)?", re.DOTALL)
_RESTARTS: Final = {"CronJob": ("OnFailure", "Never"), "Job": ("OnFailure", "Never"), "Pod": (), "PodTemplate": ()}
_DONE: Final = ("CronJob", "Job", "Pod", "PodTemplate")
"""The kinds whose pods may come to an end."""
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")


def _restart_policy(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        allowed = _RESTARTS.get(pod.placed.kind, ("Always",))
        policy = pod.spec.get("restartPolicy") or "Always"
        if allowed and policy not in allowed:
            message = f"{pod.placed.title} needs restartPolicy {' or '.join(allowed)}, and has {policy}"
            yield Problem(pod.placed, (*pod.spec_pointer, "restartPolicy"), message)
    if scope.minor < 34:
        yield from _container_restarts(scope)


def _container_restarts(scope: Scope) -> Iterator[Problem]:
    """Until 1.33 only init containers have a restartPolicy of their own, which is Always (KEP-753)."""
    for container in scope.containers:
        policy = container.value.get("restartPolicy")
        if policy and (container.group != "initContainers" or policy != "Always"):
            message = f"{container.placed.title}: only init containers take a restartPolicy, and only Always"
            yield Problem(container.placed, (*container.pointer, "restartPolicy"), message)


def _deadline(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        if pod.placed.kind in _DONE or pod.spec.get("activeDeadlineSeconds") is None:
            continue
        message = f"{pod.placed.title} keeps its pods running: they cannot have activeDeadlineSeconds"
        yield Problem(pod.placed, (*pod.spec_pointer, "activeDeadlineSeconds"), message)


def _grace(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        seconds = whole(pod.spec.get("terminationGracePeriodSeconds"))
        if seconds is not None and seconds < 0:
            message = f"{pod.placed.title}: terminationGracePeriodSeconds {seconds} counts as 1"
            yield Problem(pod.placed, (*pod.spec_pointer, "terminationGracePeriodSeconds"), message)


def _probes(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        for kind in _PROBES:
            if kind in container.value:
                yield from _probe(container, kind, mapping(container.value, kind))


def _probe(container: Container, kind: str, probe: Any) -> Iterator[Problem]:
    path = (*container.pointer, kind)
    threshold = whole(probe.get("successThreshold"))
    if kind != "readinessProbe" and threshold is not None and threshold > 1:
        message = f"{container.placed.title}: a {kind} succeeds with the first success: successThreshold must be 1"
        yield Problem(container.placed, (*path, "successThreshold"), message)
    if kind == "readinessProbe" and probe.get("terminationGracePeriodSeconds") is not None:
        message = f"{container.placed.title}: a readinessProbe ends nothing and has no terminationGracePeriodSeconds"
        yield Problem(container.placed, (*path, "terminationGracePeriodSeconds"), message)


def _init_containers(scope: Scope) -> Iterator[Problem]:
    """Before 1.29, what makes a sidecar of one is dropped (KEP-753)."""
    sidecars = scope.minor >= 29
    for container in scope.containers:
        if container.group != "initContainers" or (container.sidecar and sidecars):
            continue
        for field in (*_PROBES, "lifecycle"):
            if container.value.get(field) is not None:
                message = f"{container.placed.title}: the init container {container.title} ends, so it has no {field}"
                yield Problem(container.placed, (*container.pointer, field), message)


def _sleep(scope: Scope) -> Iterator[Problem]:
    """Since 1.33 a hook may also sleep for no time (KEP-4818)."""
    least = 0 if scope.minor >= 33 else 1
    for pod in scope.pods:
        grace = whole(pod.spec.get("terminationGracePeriodSeconds"))
        most = 30 if grace is None else max(grace, 1)
        for container in pod.containers:
            for hook in ("postStart", "preStop") if "lifecycle" in container.value else ():
                sleep = at(container.value, ("lifecycle", hook, "sleep"))
                seconds = whole(sleep.get("seconds") or 0) if isinstance(sleep, Mapping) else None
                if seconds is not None and not least <= seconds <= most:
                    message = f"{container.placed.title}: {hook} sleeps {seconds} s instead of {least} to {most} s"
                    path = (*container.pointer, "lifecycle", hook, "sleep", "seconds")
                    yield Problem(container.placed, path, message)


def _host_ports(scope: Scope) -> Iterator[Problem]:
    """On the network of the host each port gets a hostPort; before 1.28, those of templates do too."""
    given = ("Pod",) if scope.minor >= 28 else tuple(POD_TEMPLATES)
    for pod in scope.pods:
        together = [container for container in pod.containers if container.group == "containers"]
        on_host = pod.spec.get("hostNetwork") is True
        if on_host:
            yield from _unequal_ports(pod, together)
        every = on_host and pod.placed.kind in given
        yield from _taken_ports(pod, together, every=every)
        for container in pod.containers:
            if container.group == "initContainers":  # one after the other
                yield from _taken_ports(pod, [container], every=every)


def _unequal_ports(pod: Pod, together: Sequence[Container]) -> Iterator[Problem]:
    for path, port in _ports(together):
        host, own = port["hostPort"], port.get("containerPort")
        if host != own:
            message = f"{pod.placed.title} has hostNetwork: hostPort {host} must be the containerPort, {own}"
            yield Problem(pod.placed, (*path, "hostPort"), message)


def _taken_ports(pod: Pod, together: Sequence[Container], *, every: bool) -> Iterator[Problem]:
    seen: set[tuple[str, str, int]] = set()
    for path, port in _ports(together, every=every):
        host = whole(port.get("hostPort") or port.get("containerPort"))
        if host is None:
            continue
        taken = (str(port.get("protocol") or "TCP"), str(port.get("hostIP") or ""), host)
        if taken in seen:
            where = (*path, "hostPort") if "hostPort" in port else path
            yield Problem(pod.placed, where, f"{pod.placed.title} takes the port {host} of its node twice")
        seen.add(taken)


def _ports(containers: Sequence[Container], *, every: bool = False) -> Iterator[tuple[Pointer, Any]]:
    """The ports that take one of the node, as all do on its network."""
    for container in containers:
        for index, port in items(container.value, "ports"):
            if every or port.get("hostPort"):
                yield (*container.pointer, "ports", index), port


def _variables(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        for index, variable in items(container.value, "env") if "env" in container.value else ():
            if variable.get("value") and variable.get("valueFrom") is not None:
                message = f"{container.placed.title}: {variable.get('name')} has both value and valueFrom"
                yield Problem(container.placed, (*container.pointer, "env", index, "valueFrom"), message)


def _contradictions(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        context = mapping(container.value, "securityContext")
        if context.get("allowPrivilegeEscalation") is not False:
            continue
        added = mapping(context, "capabilities").get("add")
        path = (*container.pointer, "securityContext", "allowPrivilegeEscalation")
        if context.get("privileged") is True:
            message = f"{container.placed.title}: a privileged container cannot be kept from more privileges"
            yield Problem(container.placed, path, message)
        elif isinstance(added, list) and "CAP_SYS_ADMIN" in added:
            message = f"{container.placed.title}: a container with CAP_SYS_ADMIN cannot be kept from more privileges"
            yield Problem(container.placed, path, message)


def _host_processes(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        of_pod = _is_of_host(pod.spec)
        own = {one.pointer: _is_of_host(one.value) for one in pod.containers}
        first = next((pointer for pointer, of_host in {pod.spec_pointer: of_pod, **own}.items() if of_host), None)
        if first is None:
            continue
        path = (*first, "securityContext", "windowsOptions", "hostProcess")
        if pod.spec.get("hostNetwork") is not True:
            yield Problem(pod.placed, path, f"{pod.placed.title}: a process of the host needs hostNetwork: true")
        if of_pod is False or any((of_pod if of_host is None else of_host) is not True for of_host in own.values()):
            message = f"{pod.placed.title}: either all of a pod are processes of the host, or none"
            yield Problem(pod.placed, path, message)


def _is_of_host(value: Mapping[str, Any]) -> bool | None:
    """What a pod or a container says of being a process of the host; None where it says nothing."""
    found = mapping(value, "securityContext", "windowsOptions").get("hostProcess")
    return found if isinstance(found, bool) else None


def _profiles(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        names = {container.name for container in pod.containers}
        for key, profile in mapping(pod.metadata, "annotations").items():
            name, path = key.removeprefix(_APPARMOR), (*pod.pointer, "metadata", "annotations", key)
            if name != key and name not in names:
                message = f"{pod.placed.title}: the annotation is about the container {name}, which there is not"
                yield Problem(pod.placed, path, message)
            elif name != key and isinstance(profile, str) and not _PROFILE.fullmatch(profile):
                message = f"{pod.placed.title}: {profile} is neither runtime/default nor unconfined nor localhost/…"
                yield Problem(pod.placed, path, message)


def _profiles_twice(scope: Scope) -> Iterator[Problem]:
    """validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate"""
    for pod in scope.pods:
        annotations = mapping(pod.metadata, "annotations")
        for key, profile in _written_profiles(pod) if any(map(_is_profile, annotations)) else ():
            if key in annotations and isinstance(profile, dict) and not _same(annotations[key], profile):
                message = f"{pod.placed.title}: the annotation says {annotations[key]}, a field {profile.get('type')}"
                yield Problem(pod.placed, (*pod.pointer, "metadata", "annotations", key), message)


def _is_profile(key: str) -> bool:
    return key.startswith((_APPARMOR, _SECCOMP, _SECCOMP_OF_POD))


def _written_profiles(pod: Pod) -> Iterator[tuple[str, object]]:
    """The profiles that fields say, each with the annotation that could say it too."""
    context = mapping(pod.spec, "securityContext")
    yield _SECCOMP_OF_POD, context.get("seccompProfile")
    for container in pod.containers:
        own = mapping(container.value, "securityContext")
        yield f"{_SECCOMP}{container.name}", own.get("seccompProfile")
        if mapping(pod.spec, "os").get("name") != "windows":
            inherited = None if pod.placed.kind == "Pod" else context.get("appArmorProfile")
            yield f"{_APPARMOR}{container.name}", own.get("appArmorProfile", inherited)


def _same(annotation: object, profile: Mapping[str, Any]) -> bool:
    words = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default", "docker/default")}
    local = profile.get("localhostProfile")
    return annotation in words.get(str(profile.get("type")), (f"localhost/{local}",))


def _namespaces(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        if pod.spec.get("shareProcessNamespace") is True and pod.spec.get("hostPID") is True:
            message = f"{pod.placed.title} can share processes among its containers or with its node, not both"
            yield Problem(pod.placed, (*pod.spec_pointer, "shareProcessNamespace"), message)


def _dns(scope: Scope) -> Iterator[Problem]:
    most = 2048 if scope.minor >= 26 else 256
    for pod in scope.pods:
        if pod.spec.get("dnsPolicy") == "None" and not mapping(pod.spec, "dnsConfig").get("nameservers"):
            message = f"{pod.placed.title}: with dnsPolicy None somebody must say which nameservers to ask"
            yield Problem(pod.placed, (*pod.spec_pointer, "dnsPolicy"), message, "add dnsConfig.nameservers")
        searches = mapping(pod.spec, "dnsConfig").get("searches") if "dnsConfig" in pod.spec else None
        length = len(" ".join(map(str, searches))) if isinstance(searches, list) else 0
        if length > most:
            message = f"{pod.placed.title}: the search domains have {length} characters; there may be {most}"
            yield Problem(pod.placed, (*pod.spec_pointer, "dnsConfig", "searches"), message, "remove some of them")


def _check(id: str, run: Any, reason: str, fix: str, good: str, bad: str) -> Check:
    return Check(id, Severity.ERROR, Basis.REFUSED, reason, fix, run, good, bad)


def _profiled(container: str, pod: str = "") -> str:
    annotation = f"annotations: {{{_APPARMOR}{container}: runtime/default}}"
    return deployment(pod=pod).replace("      labels: {app: web}", f"      labels: {{app: web}}\n      {annotation}", 1)


_PROBE = "livenessProbe:\n  tcpSocket: {port: 8080}\n  successThreshold: "
_INIT = "initContainers:\n- name: load\n  image: ghcr.io/acme/load:1.0.0\n  "
_SLEEP = "lifecycle:\n  preStop: {sleep: {seconds: "

FAMILY = Family(
    "pods",
    "Pods and containers",
    "Fields of a pod and of its containers that must fit each other and their workload.",
    (
        _check(
            "restart-policy",
            _restart_policy,
            "a Deployment, StatefulSet or DaemonSet always restarts its containers; a Job must say when it does",
            "remove restartPolicy, or in a Job write OnFailure or Never",
            job(),
            job(pod="restartPolicy: Always"),
        ),
        _check(
            "pod-deadline",
            _deadline,
            "pods that are meant to run for ever cannot have a deadline",
            "remove activeDeadlineSeconds, or run a Job",
            job(pod="restartPolicy: Never\nactiveDeadlineSeconds: 600"),
            deployment(pod="activeDeadlineSeconds: 600"),
        ),
        Check(
            "grace-period",
            Severity.WARNING,
            Basis.BROKEN,
            "a negative time to stop is read as one second",
            "write how long the process needs to stop; 0 kills it at once",
            _grace,
            deployment(pod="terminationGracePeriodSeconds: 10"),
            deployment(pod="terminationGracePeriodSeconds: -1"),
        ),
        _check(
            "probe-fields",
            _probes,
            "some fields have a meaning only for one of the three probes",
            "remove the field",
            deployment(f"{_PROBE}1"),
            deployment(f"{_PROBE}2"),
        ),
        _check(
            "init-container",
            _init_containers,
            "an init container ends before the others start, so nobody probes it",
            "remove the field, or make it a sidecar by restartPolicy: Always",
            deployment(pod=f"{_INIT}restartPolicy: Always\n  readinessProbe:\n    tcpSocket: {{port: 8080}}"),
            deployment(pod=f"{_INIT}readinessProbe:\n    tcpSocket: {{port: 8080}}"),
        ),
        _check(
            "sleep-too-long",
            _sleep,
            "a hook that sleeps longer than the pod may take to stop would be killed",
            "sleep for less, or raise terminationGracePeriodSeconds",
            deployment(f"{_SLEEP}10}}}}"),
            deployment(f"{_SLEEP}60}}}}"),
        ),
        _check(
            "host-port",
            _host_ports,
            "a container on its node's network listens on the node's port itself, and only one can",
            "write hostPort like containerPort, or leave it out",
            deployment("ports: [{containerPort: 8080, hostPort: 8080}]", pod="hostNetwork: true"),
            deployment("ports: [{containerPort: 8080, hostPort: 80}]", pod="hostNetwork: true"),
        ),
        _check(
            "variable-source",
            _variables,
            "a variable has a value or says where to get it",
            "remove one of the two",
            deployment("env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]"),
            deployment("env: [{name: NODE, value: a, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]"),
        ),
        _check(
            "security-contradiction",
            _contradictions,
            "privileged and CAP_SYS_ADMIN are the very privileges that allowPrivilegeEscalation: false keeps away",
            "remove one of the two",
            deployment("securityContext: {privileged: false, allowPrivilegeEscalation: false}"),
            deployment("securityContext: {privileged: true, allowPrivilegeEscalation: false}"),
        ),
        _check(
            "host-process",
            _host_processes,
            "Windows has no network of its own for a process of the host, and its pod has no other processes",
            "add hostNetwork: true, and write hostProcess of the whole pod only",
            deployment("securityContext: {windowsOptions: {hostProcess: true}}", pod="hostNetwork: true"),
            deployment("securityContext: {windowsOptions: {hostProcess: true}}"),
        ),
        _check(
            "apparmor-container",
            _profiles,
            "an AppArmor profile is for one container of the pod",
            "correct the name behind the slash or the profile, or write securityContext.appArmorProfile instead",
            _profiled("server"),
            _profiled("web"),
        ),
        _check(
            "profile-twice",
            _profiles_twice,
            "annotations are the older way to write seccompProfile and appArmorProfile, so both say the same",
            "remove the annotation",
            _profiled("server", "securityContext: {appArmorProfile: {type: RuntimeDefault}}"),
            _profiled("server", "securityContext: {appArmorProfile: {type: Unconfined}}"),
        ),
        _check(
            "process-namespace",
            _namespaces,
            "a pod has one process namespace: its own or its node's",
            "remove one of the two",
            deployment(pod="shareProcessNamespace: true"),
            deployment(pod="shareProcessNamespace: true\nhostPID: true"),
        ),
        _check(
            "dns-config",
            _dns,
            "dnsPolicy None takes nothing from the cluster, not even the addresses of its DNS servers",
            "add dnsConfig.nameservers, or remove dnsPolicy",
            deployment(pod="dnsPolicy: None\ndnsConfig: {nameservers: [10.0.0.10]}"),
            deployment(pod="dnsPolicy: None"),
        ),
    ),
)
