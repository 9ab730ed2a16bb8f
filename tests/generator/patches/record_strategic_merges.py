"""Record what kubectl makes of strategic merge patches: tests/generator/data/strategic-merge.json.

`kubectl patch --local` is the code of k8s.io/apimachinery that the API server runs too. Recorded with kubectl 1.32.4:

    python tests/generator/patches/record_strategic_merges.py

Not asked is what comes out by accident there: directives and nulls stay in an item that a patch adds to a list; a map
with a directive is lost where there is none to apply it to; and an item that is removed while `$setElementOrder`
sorts its list changes the order that is compared with (`test_strategic_merge.py` has those).
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parents[1] / "data" / "strategic-merge.json"
NAMES = ("a", "b", "c", "d")
PORTS = (80, 443, 8080)

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}, "finalizers": ["x/a", "x/b"]},
    "spec": {
        "replicas": 2,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [{"key": "a"}],
                "volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "b"}}],
                "containers": [
                    {
                        "name": "a",
                        "image": "a:1",
                        "args": ["x", "y"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 443}],
                    },
                    {"name": "b", "image": "b:1"},
                    {"name": "c", "image": "c:1", "resources": {"limits": {"cpu": "1"}}},
                ],
            },
        },
    },
}


def pod(spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


WRITTEN: list[Any] = [
    {"spec": {"replicas": None}},
    {"spec": {"replicas": 3}, "metadata": {"labels": {"team": "shop", "app": None}}},
    {"spec": {"paused": None, "selector": {"matchLabels": {"a": None, "b": "c"}}}},
    {"metadata": {"finalizers": ["x/b", "x/c"]}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/a", "x/z"]}},
    {"metadata": {"$setElementOrder/finalizers": ["x/c", "x/b"], "finalizers": ["x/c"]}},
    {"metadata": {"$setElementOrder/finalizers": ["x/b", "x/a"]}},
    {"metadata": {"$deleteFromPrimitiveList/ownerReferences": ["a"]}},
    {"metadata": {"labels": {"$patch": "replace", "c": "d"}}},
    {"metadata": {"labels": {"$patch": "delete"}}},
    {"metadata": {"labels": {"$patch": "mend"}}},
    {"metadata": {"annotations": {"$patch": "delete"}}},
    {"metadata": {"annotations": {"a": None}}},
    {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
    {"spec": {"strategy": {"$retainKeys": [], "type": "Recreate"}}},
    {"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}},
    {"spec": {"strategy": None}},
    {"spec": {"strategy": {"rollingUpdate": None, "type": "Recreate"}}},
    {"spec": "nothing"},
    {"spec": {"replicas": "many"}},
    pod({"nodeSelector": {"disk": None, "zone": "a"}}),
    pod({"tolerations": [{"key": "b"}]}),
    pod({"tolerations": []}),
    pod({"tolerations": None}),
    pod({"containers": [{"name": "b", "image": "b:2"}]}),
    pod({"containers": [{"name": "d", "image": "d:1"}]}),
    pod({"containers": [{"name": "d", "image": "d:1"}, {"name": "a", "image": "a:2"}]}),
    pod({"containers": [{"name": "c", "image": "c:2"}, {"name": "a", "image": "a:2"}]}),
    pod({"containers": [{"name": "b", "$patch": "delete"}]}),
    pod({"containers": [{"name": "z", "$patch": "delete"}]}),
    pod({"containers": [{"$patch": "delete"}]}),
    pod({"containers": [{"$patch": "replace"}, {"name": "d", "image": "d:1"}]}),
    pod({"containers": [{"$patch": "replace"}]}),
    pod({"containers": [{"name": "a", "$patch": "replace", "image": "a:9"}]}),
    pod({"containers": [{"image": "d:1"}]}),
    pod({"containers": []}),
    pod({"containers": None}),
    pod({"containers": [{"name": "a", "args": ["z"]}]}),
    pod({"containers": [{"name": "a", "env": [{"name": "B", "value": None}, {"name": "C", "value": "3"}]}]}),
    pod({"containers": [{"name": "a", "env": [{"name": "A", "$patch": "delete"}]}]}),
    pod({"containers": [{"name": "a", "ports": [{"containerPort": 443, "name": "https"}]}]}),
    pod({"containers": [{"name": "a", "ports": [{"containerPort": 9090}, {"containerPort": 80, "name": None}]}]}),
    pod({"containers": [{"name": "b", "env": [{"name": "A", "value": "1", "valueFrom": None}]}]}),
    pod({"containers": [{"name": "b", "resources": {"limits": {"cpu": None, "memory": "1Gi"}}}]}),
    pod({"initContainers": [{"name": "i", "image": "i:1", "env": [{"name": "A", "$patch": "delete"}]}]}),
    pod({"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]}),
    pod({"$setElementOrder/containers": [{"name": "c"}, {"name": "d"}, {"name": "a"}],
         "containers": [{"name": "d", "image": "d:1"}, {"name": "a", "image": "a:2"}]}),
    pod({"$setElementOrder/containers": [{"name": "c"}], "containers": [{"name": "d", "image": "d:1"}]}),
    pod({"volumes": [{"name": "b", "emptyDir": {}, "$retainKeys": ["name", "emptyDir"]}]}),
    pod({"volumes": [{"name": "b", "emptyDir": {}}, {"name": "c", "secret": {"secretName": "s"}}]}),
    pod({"volumes": [{"name": "a", "$patch": "delete"}, {"name": "a", "emptyDir": {"medium": "Memory"}}]}),
    pod({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1}]}}}),
    pod({"topologySpreadConstraints": [{"topologyKey": "zone", "maxSkew": 1}, {"topologyKey": "host", "maxSkew": 1}]}),
    pod({"hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a"]}], "imagePullSecrets": [{"name": "a"}]}),
]  # fmt: skip


def drawn(seed: random.Random) -> dict[str, Any]:
    """A patch of the containers with their lists."""
    spec: dict[str, Any] = {"containers": [container(seed, name) for name in some(seed, NAMES)]}
    if seed.random() < 0.3 and not any("$patch" in one for one in spec["containers"]):
        names = list(dict.fromkeys([*(one["name"] for one in spec["containers"]), *some(seed, NAMES)]))
        spec["$setElementOrder/containers"] = [{"name": name} for name in names]
    if seed.random() < 0.3:
        spec["volumes"] = [{"name": name, "emptyDir": {}} for name in some(seed, NAMES)]
    return pod(spec)


def container(seed: random.Random, name: str) -> dict[str, Any]:
    if seed.random() < 0.25:
        return {"name": name, "$patch": "delete"}
    made: dict[str, Any] = {"name": name, "image": f"{name}:2"}
    if seed.random() < 0.6:
        made["env"] = [variable(seed, one, may_go=name != "d") for one in some(seed, ("A", "B", "C"))]
    if seed.random() < 0.6:
        made["ports"] = [{"containerPort": port, "protocol": "TCP"} for port in some(seed, PORTS)]
    if seed.random() < 0.3:
        made["args"] = some(seed, ("x", "z"))
    return made


def variable(seed: random.Random, name: str, may_go: bool) -> dict[str, Any]:
    return {"name": name, "$patch": "delete"} if may_go and seed.random() < 0.3 else {"name": name, "value": "9"}


def some(seed: random.Random, items: Any) -> list[Any]:
    return seed.sample(list(items), seed.randint(0, len(items)))


def recorded(patch: Any, folder: Path) -> dict[str, Any]:
    """The patch and what kubectl makes of it; `result` is missing where it refuses."""
    file = folder / "object.json"
    file.write_text(json.dumps(DEPLOYMENT), encoding="utf-8")
    command = [
        "kubectl",
        "patch",
        "--local",
        "--type=strategic",
        "-o",
        "json",
        "-f",
        str(file),
        "-p",
        json.dumps(patch),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"patch": patch, **({"result": json.loads(done.stdout)} if done.returncode == 0 else {})}


def main() -> None:
    seed = random.Random(6902)
    patches = [*WRITTEN, *(drawn(seed) for _ in range(60))]
    with tempfile.TemporaryDirectory() as folder:
        cases = [recorded(patch, Path(folder)) for patch in patches]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUTPUT.write_text(f'{{"object":{json.dumps(DEPLOYMENT)},\n"cases":[\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
