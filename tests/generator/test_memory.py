"""A run that remembers ends as one that looks at everything: the same files, the same findings, the same exit code."""

import json
import os
import random
import shutil
import time

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, commit, write_files

TICK = 12_000_000  # two ticks of a usual kernel
WEB, API, TOOLS = "web", "api", "tools"
BASE, TEST, PROD = (f"environments/{name}/services" for name in ("base", "test", "prod"))

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.acme.example}
spec:
  group: acme.example
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {SIZE: {type: integer}}}}}}
"""
WIDGET = "apiVersion: acme.example/v1\nkind: Widget\nmetadata: {name: one}\nspec: {SIZE: 1}\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: b}\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  containers:
    - name: a
      image: ghcr.io/acme/a:1.0.0
      envFrom: [configMapRef: {name: shared}]
"""
DEFINITION, TEMPLATE, SERVICE = (
    f"templates/web/{name}" for name in ("template.yaml", "deployment.yaml.j2", "service.yaml.j2")
)
CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ service ~ '-files' }}, namespace: {{ namespace }}}
data: {{ values.files.data }}
"""
SUPPRESS = "suppress:\n- {check: CHECK, reason: it is fine}\n"


def release(version, more=""):
    return f"release:\n  image: ghcr.io/acme/web:{version}\n{more}"


def suppressing(check):
    return SUPPRESS.replace("CHECK", check)


def pool(pin):
    """What each file may hold; None stands for no file. The first is where a play starts."""
    settings, template, service = (FILES[path] for path in ("towpath.yaml", DEFINITION, SERVICE))
    test, prod = (FILES[f"environments/{name}/environment.yaml"] for name in ("test", "prod"))
    port = "template: web\nvalues:\n  port: 8080\n"
    overlays = [
        release("1.4.1"),
        release("1.4.2"),
        release("latest"),
        "values:\n  env: {MODE: x}\n" + release("1.4.1"),
        "values:\n  nothing: 1\n" + release("1.4.1"),
        "values:\n  files: {/etc/a: api/own}\n" + release("1.4.1"),
        suppressing("service-port") + release("1.4.1"),
        suppressing("missing-reference") + release("1.4.2"),
        "",
        "release: [",
        None,
    ]
    pinned = [*overlays, release("1.4.1", f"  revision: {pin}\n"), release("1.4.1", f"  revision: {'0' * 40}\n")]
    specs = [
        port,
        port.replace("80", "90"),
        port + "  files: {/etc/a: shared.conf}\n",
        port.replace("80", "800"),
        port + suppressing("no-such-check"),
        port + suppressing("replicas"),
        "template: absent\n",
        None,
    ]
    return {
        "towpath.yaml": [
            settings,
            settings + suppressing("unpinned"),
            settings.replace("spread: false", "spread: true"),
            settings + "x: 1\n",
        ],
        DEFINITION: [
            template.replace("  service.yaml", "  configmap.yaml.j2: values.files\n  service.yaml")
            + "  files: {description: Files., type: object, additionalProperties: {type: string}, default: null}\n"
        ],
        "templates/web/configmap.yaml.j2": [CONFIGURATION],
        TEMPLATE: [
            FILES[TEMPLATE],
            FILES[TEMPLATE].replace("name: server", "name: main"),
            FILES[TEMPLATE].replace("kind: Deployment", "kind: ["),
        ],
        SERVICE: [service, service.replace("targetPort: http", "targetPort: grpc")],
        "environments/test/environment.yaml": [
            test,
            test.replace("1.34", "1.35"),
            test.replace("shop", "store"),
            "namespace: 1\n",
            test + "external: {configMaps: [shared]}\n",
            test + "allow: {images: [ghcr.io/other]}\n",
            test + "defaults: {replicas: 2, unknown: 1}\n",
        ],
        "environments/prod/environment.yaml": [
            prod,
            prod.replace("replicas: 3", "replicas: 4"),
            prod.replace("[test]", "[absent]"),
        ],
        "environments/late/environment.yaml": [None, test],
        f"{BASE}/{WEB}.yaml": specs,
        f"{BASE}/{API}.yaml": specs,
        f"{BASE}/{TOOLS}.yaml": ["{}\n", "owner: somebody\n", None],
        f"{TEST}/{WEB}.yaml": overlays,
        f"{TEST}/{API}.yaml": overlays,
        f"{PROD}/{WEB}.yaml": pinned,
        f"{PROD}/{API}.yaml": [None, *pinned],
        f"{TEST}/{TOOLS}.yaml": [release("1.0.0"), None],
        f"{PROD}/{TOOLS}.yaml": [release("1.0.0"), None],
        f"{BASE}/{TOOLS}/manifests/config.yaml": [CONFIG, CONFIG.replace("a: b", "a: c"), None],
        f"{BASE}/{TOOLS}/manifests/kinds.yaml": [None, CRD, CRD.replace("integer", "string")],
        f"{TEST}/{WEB}/manifests/pod.yaml": [
            POD,
            POD.replace("name: shared", "name: other"),
            POD.replace("name: a", "name: b"),
            None,
        ],
        f"{PROD}/{API}/manifests/widget.yaml": [None, WIDGET, WIDGET.replace("1}", "x}")],
        f"{PROD}/{WEB}/manifests/config.yaml": [None, CONFIG],
        f"{BASE}/shared.conf": ["a", "b", None],
        f"{TEST}/shared.conf": [None, "c"],
        f"{BASE}/{API}/own": ["a", "b"],
        "schemas/widget.yaml": [None, CRD, CRD.replace("integer", "string")],
        "operators/widget.yaml": [None, "a: b\n", CRD],
    }


class Play:
    """Edits of a repository drawn from a seed; after some, what a run leaves, and what one from scratch does."""

    def __init__(self, root, scratch, seed):
        self.root, self.scratch, self.random, self.rounds = root, scratch, random.Random(seed), 0
        write_files(root, {path: texts[0] for path, texts in pool("").items() if texts[0] is not None})
        self.pool = pool(commit(root))
        self.edits = (
            (self.write,) * 8
            + (self.restore,) * 4
            + (self.touch, self.hand_edit, self.remove, self.add, self.commit, self.swap)
        )

    def write(self):
        path = self.random.choice(list(self.pool))
        self._put(path, self.random.choice(self.pool[path]))

    def restore(self):
        """Undo edits: all of them, or one in two."""
        share = self.random.choice((1, 1, 0.5))
        for path, texts in self.pool.items():
            place = self.root / path
            if (place.read_text() if place.is_file() else None) != texts[0] and self.random.random() < share:
                self._put(path, texts[0])

    def _put(self, path, text):
        if text is None:
            (self.root / path).unlink(missing_ok=True)
        else:
            write_files(self.root, {path: text})

    def _rendered(self):
        return sorted(path for path in self.root.glob("environments/*/rendered/*/*") if path.is_file())

    def touch(self):
        self.random.choice([path for path in sorted(self.root.rglob("*.yaml")) if path.is_file()]).touch()

    def hand_edit(self):
        for path in self._rendered()[:1] and [self.random.choice(self._rendered())]:
            path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))

    def swap(self):
        """An edit that keeps the size, and the time that anybody can set."""
        for path in self._rendered()[:1] and [self.random.choice(self._rendered())]:
            seen = path.stat()
            path.write_bytes(path.read_bytes()[::-1])
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def remove(self):
        for path in self._rendered()[:1] and [self.random.choice(self._rendered())]:
            path.unlink()

    def add(self):
        place = self.random.choice(["environments/test/rendered/web", "environments/prod/rendered/gone"])
        write_files(self.root, {f"{place}/{self.random.choice(['mine.yaml', 'service.yaml', 'x.txt'])}": "a: b\n"})

    def commit(self):
        write_files(self.root, {"notes": str(self.random.random())})
        commit(self.root)

    def round(self, capsys):
        """Some edits, and both runs. Whether both end alike is for the caller to say."""
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            self.random.choice(self.edits)()
        if self.random.random() < 0.8:
            time.sleep(2 * TICK / 1e9)
        shutil.rmtree(self.scratch, ignore_errors=True)
        shutil.copytree(self.root, self.scratch)
        shutil.rmtree(self.scratch / ".towpath", ignore_errors=True)
        self.rounds += 1
        return self._outcome(self.root, capsys), self._outcome(self.scratch, capsys, "fresh")

    def _outcome(self, root, capsys, cache=""):
        with pytest.MonkeyPatch.context() as patch:
            if cache:
                patch.setenv("XDG_CACHE_HOME", str(self.scratch.parent / f"{cache}{self.rounds}"))
            code = run(["render", "-C", str(root), "--output", "json"])
        said = capsys.readouterr()
        files = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not {".git", ".towpath"} & set(path.relative_to(root).parts[:1])
        }
        return said.err, json.loads(said.out) if said.out else None, code, files


SEEDS = int(os.environ.get("TOWPATH_SEEDS", "6"))
ROUNDS = int(os.environ.get("TOWPATH_ROUNDS", "25"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_edited_a_run_that_remembers_ends_like_one_from_scratch(seed, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("generator.looks.TICK", TICK)
    play = Play(tmp_path / "root", tmp_path / "scratch", seed)
    for number in range(ROUNDS):
        remembering, scratch = play.round(capsys)
        for mine, other in zip(remembering, scratch, strict=True):
            assert mine == other, f"seed {seed}, round {number}"
