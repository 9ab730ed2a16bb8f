"""Definitions of custom resources, as a real API server gets them."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

from tests.testbed.api_server import ApiServer

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def definition(group: str, root: Any, **more: Any) -> dict[str, Any]:
    """The kind Thing of a group, with the schema of its objects and what else its version says."""
    names = {"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}, **more}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": [version]}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return {**kind, "metadata": {"name": f"things.{group}"}, "spec": spec}


def fields_of(group: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The same, whose objects have these fields."""
    return definition(group, {"type": "object", "properties": fields}, **more)


def wait_for(kubernetes: ApiServer, path: str) -> None:
    """Until the API server serves the kind."""
    end = time.monotonic() + 30
    while kubernetes.call("GET", path).status != HTTPStatus.OK:
        assert time.monotonic() < end, "the definition is not served"
        time.sleep(0.1)
