"""Typed data out of our own files, once their schemas have accepted them.

`InvalidInput` is left for what a schema cannot see: a date that does not exist, an image that is no reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from generator.errors import InputError
from generator.file_schemas import InvalidInput, key_location, problem
from generator.finding import Finding
from generator.own_files.units import duration, moment
from generator.policy import HoldOrder, Lift, Mode, OnFail, Promotion, Verify
from generator.release import Release, parse_image
from generator.repository import (
    Chart,
    Cluster,
    Environment,
    Foreign,
    Forge,
    Kustomization,
    Overlay,
    Patch,
    Pointer,
    ServiceSpec,
    Settings,
    Source,
)
from generator.schemas import minor
from generator.version import VERSION, satisfies


def settings(source: Source) -> Settings:
    """towpath.yaml. Raises `InvalidInput` when this version of the tool may not work on the repository."""
    data = source.data
    required = data.get("requiredVersion")
    if required is not None:
        _check_version(source, required)
    forge = data.get("forge", {})
    return Settings(
        version=data["version"],
        required_version=required,
        forge=Forge(forge.get("kind", "local"), forge.get("branch", "main")),
        immutable_tags=data.get("images", {}).get("tags") == "immutable",
        programs=data.get("programs", {}),
        checks=data.get("checks", {}),
        hold=_hold(source),
        acknowledged=frozenset(entry["commit"] for entry in data.get("acknowledged", ())),
        source=source,
    )


def environment(name: str, source: Source) -> Environment:
    """An environment.yaml. Raises `InvalidInput` for a Kubernetes version without schemas and for impossible dates."""
    data = source.data
    allow = data.get("allow", {})
    return Environment(
        name=name,
        after=tuple(data.get("after", ())),
        cluster=_cluster(source),
        namespace=data["namespace"],
        defaults=data.get("defaults") or {},
        mirrors=data.get("images", {}).get("mirror", {}),
        prometheus=data.get("metrics", {}).get("prometheus"),
        external={kind: tuple(names) for kind, names in data.get("external", {}).items()},
        allowed_images=tuple(allow.get("images", ())),
        allowed_kinds=tuple(allow.get("kinds", ())),
        promotion=_promotion(data.get("promotion", {})),
        verify=_verify(data.get("verify", {})),
        hold=_hold(source),
        source=source,
    )


def service(name: str, source: Source) -> ServiceSpec:
    """A base spec. Raises `InvalidInput` for two things to render from, and for what is no image in `forwardOnly`."""
    data = source.data
    _check_single(source)
    forward_only = tuple(data.get("forwardOnly", ()))
    for index, image in enumerate(forward_only):
        _check_image(source, image, ("forwardOnly", index))
    return ServiceSpec(
        name=name,
        template=data.get("template"),
        owner=data.get("owner"),
        values=data.get("values") or {},
        forward_only=forward_only,
        source=source,
        patches=_patches(source),
        foreign=_foreign(data),
    )


def _check_single(source: Source) -> None:
    given = [field for field in ("template", "chart", "kustomization") if field in source.data]
    if len(given) > 1:
        message = f"a service is rendered from one thing, not from a {' and a '.join(given)}"
        where = key_location(source, (given[-1],))
        raise InvalidInput([problem("bad-value", message, where, "keep one of them")])


def _foreign(data: Mapping[str, Any]) -> Foreign | None:
    if "kustomization" in data:
        return Kustomization(data["kustomization"])
    chart = data.get("chart")
    if chart is None:
        return None
    return Chart(chart) if isinstance(chart, str) else Chart(chart["name"], chart.get("hooks"))


def overlay(environment: str, service: str, source: Source) -> Overlay:
    """An overlay. Raises `InvalidInput` for an image that is no reference and for impossible dates."""
    data = source.data
    release = data.get("release")
    images = release.get("images", {}) if release else {}
    if release is not None:
        _check_image(source, release["image"], ("release", "image"))
    for name, image in images.items():
        _check_image(source, image, ("release", "images", name))
    if service in images:
        where = source.at(("release", "images", service))
        message = f"'{service}' is what templates call the main image"
        raise InvalidInput([problem("bad-name", message, where, "give the other image another name")])
    return Overlay(
        environment=environment,
        service=service,
        values=data.get("values") or {},
        release=Release(release["image"], release.get("revision"), tuple(sorted(images.items()))) if release else None,
        hold=_hold(source),
        lifted=tuple(Lift(**entry) for entry in data.get("lifted", ())),
        source=source,
        patches=_patches(source),
        kustomization=Kustomization(data["kustomization"]) if "kustomization" in data else None,
    )


def _patches(source: Source) -> tuple[Patch, ...]:
    found = []
    for index, entry in enumerate(source.data.get("patches", ())):
        target, is_json = entry["target"], "json" in entry
        field = "json" if is_json else "patch"
        at: Pointer = ("patches", index)
        found.append(Patch(target["kind"], target.get("name"), entry[field], is_json, source, at, (*at, field)))
    return tuple(found)


def _check_version(source: Source, required: str) -> None:
    pointer = ("requiredVersion",)
    try:
        fits = satisfies(VERSION, required)
    except ValueError as error:
        raise InvalidInput([problem("bad-value", str(error), source.at(pointer))]) from error
    if not fits:
        where = source.at(pointer)
        message = f"this repository needs towpath {required}, this is {VERSION}"
        raise InvalidInput([problem("required-version", message, where, "install a version that fits")])


def _check_image(source: Source, image: str, pointer: Pointer) -> None:
    try:
        parse_image(image)
    except InputError as error:
        raise InvalidInput([problem("bad-value", error.what, source.at(pointer), error.next)]) from error


def _cluster(source: Source) -> Cluster:
    written = source.data["cluster"]
    try:
        minor(written["kubernetesVersion"])
    except InputError as error:
        where = source.at(("cluster", "kubernetesVersion"))
        raise InvalidInput([problem("bad-value", error.what.rstrip("."), where, error.next)]) from error
    served = tuple(written.get("apiVersions", ()))
    return Cluster(written["name"], written["kubernetesVersion"], written["controller"], served)


def _promotion(written: Mapping[str, Any]) -> Promotion:
    return Promotion(
        mode=Mode(written.get("mode", Promotion().mode.value)),
        soak=_duration(written, "soak", Promotion().soak),
        max_in_flight=written.get("maxInFlight", Promotion().max_in_flight),
    )


def _verify(written: Mapping[str, Any]) -> Verify:
    gates = written.get("gates", {}).items()
    return Verify(
        deadline=_duration(written, "deadline", Verify().deadline),
        settle=_duration(written, "settle", Verify().settle),
        on_fail=OnFail(written.get("onFail", Verify().on_fail.value)),
        max_reverts=written.get("maxReverts", Verify().max_reverts),
        gates=tuple((name, tuple(tuning.items()) if tuning else None) for name, tuning in gates),
    )


def _duration(written: Mapping[str, Any], field: str, default: timedelta) -> timedelta:
    return duration(written[field]) if field in written else default


def _hold(source: Source) -> HoldOrder | None:
    written = source.data.get("hold")
    if written is None:
        return None
    until = None
    if "until" in written:
        try:
            until = moment(written["until"])
        except ValueError as error:
            found: list[Finding] = [problem("bad-value", f"no such time: {error}", source.at(("hold", "until")))]
            raise InvalidInput(found) from error
    return HoldOrder(written["reason"], written["by"], until, source.at(("hold",)))
