"""Names, labels, annotations, and the selectors that look for labels."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope, by_rules
from generator.checks.example import config_map, manifest
from generator.finding import Severity
from generator.workload import mapping

_MOST_ANNOTATIONS = 256 * 1024


def _too_much(scope: Scope) -> Iterator[Problem]:
    for placed in scope.objects:
        annotations = mapping(placed.metadata, "annotations")
        size = sum(len(str(part).encode()) for item in annotations.items() for part in item) if annotations else 0
        if size > _MOST_ANNOTATIONS:
            message = f"{placed.title}: the annotations have {size:,} bytes together"
            yield Problem(placed, ("metadata", "annotations"), message)


FAMILY = Family(
    "metadata",
    "Names, labels and annotations",
    "What `metadata` of every object may hold, and what may look for it.",
    (
        Check(
            "object-name",
            Severity.ERROR,
            Basis.REFUSED,
            "names become DNS names or parts of URLs, so each kind allows only some characters and lengths",
            "rename the object, or write `name:` below its metadata",
            by_rules("object-name"),
            config_map(name="web-settings"),
            config_map(name="Web_Settings"),
            by_schema=True,
        ),
        Check(
            "label-syntax",
            Severity.ERROR,
            Basis.REFUSED,
            "labels are indexed and put into queries, so their keys and values are short and plain",
            "shorten it, replace the other characters, or make it an annotation",
            by_rules("label-syntax"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {example.com/team: shop}\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {example.com/team: the shop team}\n",
            by_schema=True,
        ),
        Check(
            "annotation-syntax",
            Severity.ERROR,
            Basis.REFUSED,
            "the keys of annotations are written like those of labels",
            "correct the key; the value may be any text",
            by_rules("annotation-syntax"),
            'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {example.com/note: "any text"}\n',
            'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {"a note": "any text"}\n',
            by_schema=True,
        ),
        Check(
            "annotation-size",
            Severity.ERROR,
            Basis.REFUSED,
            "all annotations of an object together may have 256 KiB",
            "put large texts into a ConfigMap",
            _too_much,
            f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    note: {'x' * 40}\n",
            f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    note: {'x' * (256 * 1024)}\n",
        ),
        Check(
            "label-selector",
            Severity.ERROR,
            Basis.REFUSED,
            "a selector that is no valid one selects nothing and is refused",
            "write matchLabels, or an operator with the values it takes",
            by_rules("label-selector"),
            manifest(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                "web",
                "podSelector:\n  matchExpressions:\n  - {key: app, operator: Exists}",
            ),
            manifest(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                "web",
                "podSelector:\n  matchExpressions:\n  - {key: app, operator: In, values: []}",
            ),
            by_schema=True,
        ),
    ),
)
