"""A run that remembers ends as one that looks at everything: the same files, the same findings, the same exit code."""

import json
import os
import random
import shutil
import subprocess
import sys
import time

import pytest

from bot.cli.main import run
from tests.generator.small import FILES, commit, git, write_files

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
CONFIGURATION = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ service ~ '-files' }}
  namespace: {{ namespace }}
data: {{ values.files.data }}
"""
SUPPRESS = "suppress:\n- {check: CHECK, reason: it is fine}\n"


def release(version, more=""):
    return f"release:\n  image: ghcr.io/acme/web:{version}\n{more}"


def suppressing(check):
    return SUPPRESS.replace("CHECK", check)


PORT = "template: web\nvalues:\n  port: 8080\n"
DEFINITION, TEMPLATE, SERVICE = (
    f"templates/web/{name}" for name in ("template.yaml", "deployment.yaml.j2", "service.yaml.j2")
)
SETTINGS = "towpath.yaml"
IN_TEST, IN_PROD, IN_LATE = (f"environments/{name}/environment.yaml" for name in ("test", "prod", "late"))
START = {
    **FILES,
    DEFINITION: FILES[DEFINITION].replace("  service.yaml", "  configmap.yaml.j2: values.files\n  service.yaml")
    + "  files: {description: Files., type: object, additionalProperties: {type: string}, default: null}\n",
    "templates/web/configmap.yaml.j2": CONFIGURATION,
    f"{BASE}/{WEB}.yaml": PORT,
    f"{BASE}/{API}.yaml": PORT,
    f"{BASE}/{TOOLS}.yaml": "{}\n",
    f"{BASE}/{TOOLS}/manifests/config.yaml": CONFIG,
    f"{TEST}/{WEB}.yaml": release("1.4.1"),
    f"{TEST}/{API}.yaml": release("1.4.1"),
    f"{TEST}/{TOOLS}.yaml": release("1.0.0"),
    f"{PROD}/{WEB}.yaml": release("1.4.1"),
    f"{PROD}/{TOOLS}.yaml": release("1.0.0"),
}
"""What every play starts with."""


def mounts(_):
    mounting = [f"{PORT}  files: {{/etc/a: {name}}}\n" for name in ("shared.conf", "api/own", "tools.yaml", "absent")]
    return {
        f"{BASE}/{WEB}.yaml": [*mounting, PORT],
        f"{BASE}/{API}.yaml": [PORT, *mounting],
        f"{TEST}/{WEB}.yaml": [release("1.4.1"), "values:\n  files: {/etc/a: api/own}\n" + release("1.4.1")],
        f"{BASE}/shared.conf": ["a", "b", None],
        f"{TEST}/shared.conf": [None, "c", "d"],
        f"{BASE}/{API}/own": ["a", "b"],
        f"{PROD}/{API}/own": [None, "c"],
        f"{BASE}/{TOOLS}.yaml": ["{}\n", "owner: somebody\n"],
    }


# What a template renders is no file that defines kinds: others know them by its outlines.
KINDS = {
    "templates/kind/template.yaml": "description: A kind.\nmanifests: {kind.yaml.j2: true}\nvalues: {}\n",
    "templates/kind/kind.yaml.j2": CRD,
    f"{BASE}/kind.yaml": "template: kind\n",
}


def kinds(_):
    definitions = [None, CRD, CRD.replace("integer", "string")]
    widget = [WIDGET, WIDGET.replace("1}", "x}"), None]
    return {
        **{path: [text] for path, text in KINDS.items()},
        f"{TEST}/kind.yaml": [release("1.0.0"), release("1.0.0"), None],
        "schemas/widget.yaml": definitions,
        "operators/widget.yaml": ["a: b\n", *definitions],
        f"{BASE}/{TOOLS}/manifests/kinds.yaml": [None, None, *definitions],
        f"{TEST}/{TOOLS}.yaml": [release("1.0.0"), None],
        f"{PROD}/{WEB}/manifests/widget.yaml": widget,
        f"{TEST}/{API}/manifests/widget.yaml": widget,
        f"{BASE}/{API}.yaml": [PORT, PORT.replace("80", "90"), PORT.replace("80", "81")],
    }


def references(_):
    return {
        f"{TEST}/{WEB}/manifests/pod.yaml": [
            POD,
            POD.replace("shared", "other"),
            POD.replace("name: a", "name: b"),
            f"# moved down\n{POD}",
            None,
        ],
        f"{TEST}/{WEB}.yaml": [release("1.4.1"), suppressing("missing-reference") + release("1.4.1")],
        f"{BASE}/{TOOLS}/manifests/config.yaml": [CONFIG, CONFIG.replace("a: b", "a: c"), None],
        f"{TEST}/{TOOLS}.yaml": [release("1.0.0"), "# moved down\n" + release("1.0.0"), None],
        f"{TEST}/{API}/manifests/config.yaml": [None, CONFIG],
        f"{TEST}/{API}.yaml": [release("1.4.1"), suppressing("duplicate-resource") + release("1.4.1")],
        f"{BASE}/{API}.yaml": [PORT, PORT.replace("80", "90")],
        SERVICE: [FILES[SERVICE], FILES[SERVICE].replace("targetPort: http", "targetPort: grpc")],
        IN_TEST: [FILES[IN_TEST], FILES[IN_TEST] + "external: {configMaps: [shared]}\n"],
        SETTINGS: [FILES[SETTINGS], FILES[SETTINGS] + suppressing("missing-reference")],
    }


def suppressions(_):
    versions = ("latest", "1.4.1")
    overlays = [more + release(one) for one in versions for more in ("", suppressing("image-latest"))]
    return {
        SETTINGS: [
            FILES[SETTINGS],
            FILES[SETTINGS] + suppressing("image-latest"),
            FILES[SETTINGS] + suppressing("cron"),
        ],
        f"{TEST}/{WEB}.yaml": overlays,
        f"{TEST}/{API}.yaml": overlays,
        f"{PROD}/{WEB}.yaml": overlays,
        f"{BASE}/{WEB}.yaml": [PORT, PORT + suppressing("image-latest"), PORT + suppressing("no-such-check")],
        f"{BASE}/{API}.yaml": [PORT, PORT + suppressing("image-latest"), PORT.replace("8080", "0")],
        f"{BASE}/{TOOLS}.yaml": ["{}\n", "owner: somebody\n"],
    }


def pins(commit):
    pinned = [release("1.4.1", f"  revision: {one}\n") for one in (commit, commit, "0" * 40)]
    return {
        f"{PROD}/{WEB}.yaml": [*pinned, release("1.4.1")],
        f"{PROD}/{API}.yaml": [None, *pinned],
        f"{BASE}/{WEB}.yaml": [PORT, PORT.replace("80", "90")],
        f"{TEST}/{WEB}.yaml": [release("1.4.1"), release("1.4.2")],
        TEMPLATE: [FILES[TEMPLATE], FILES[TEMPLATE].replace("name: server", "name: main")],
    }


def environments(_):
    test, prod = FILES[IN_TEST], FILES[IN_PROD]
    return {
        IN_TEST: [
            *(test, test.replace("1.34", "1.35"), test.replace("shop", "store"), test + "after: [prod]\n"),
            *(test + "allow: {images: [ghcr.io/other]}\n", test + "defaults: {replicas: 2, unknown: 1}\n"),
        ],
        IN_PROD: [
            *(prod, prod.replace("replicas: 3", "replicas: 4"), prod.replace("replicas", "unknown")),
            *(prod.replace("[test]", "[absent]"), "namespace: 1\n", None),
        ],
        IN_LATE: [None, test],
        f"{TEST}/{WEB}.yaml": [release("1.4.1"), release("1.4.2"), None],
        f"{BASE}/{WEB}.yaml": [PORT, PORT.replace("80", "90")],
        TEMPLATE: [FILES[TEMPLATE], FILES[TEMPLATE].replace("name: server", "name: main")],
    }


def mistakes(_):
    overlays = [release("1.4.1"), "", "release: [", "values:\n  nothing: 1\n" + release("1.4.1"), release("UP"), None]
    specs = [PORT, PORT.replace("80", "800"), "template: absent\n", "template: web\n", None]
    return {
        f"{TEST}/{WEB}.yaml": overlays,
        f"{PROD}/{WEB}.yaml": overlays,
        f"{TEST}/{API}.yaml": overlays,
        f"{BASE}/{WEB}.yaml": specs,
        f"{BASE}/{API}.yaml": specs,
        f"{BASE}/{TOOLS}/manifests/Config.yaml": [None, CONFIG],
        f"{TEST}/Odd.yaml": [None, release("1.4.1")],
        f"{TEST}/web.yml": [None, release("1.4.1")],
        SETTINGS: [FILES[SETTINGS], FILES[SETTINGS], FILES[SETTINGS] + "x: 1\n"],
        TEMPLATE: [FILES[TEMPLATE], FILES[TEMPLATE].replace("kind: Deployment", "kind: [")],
    }


THEMES = (mounts, kinds, references, suppressions, pins, environments, mistakes)


class Play:
    """Edits of a repository drawn from a seed; after some, what a run leaves, and what one from scratch does."""

    def __init__(self, root, scratch, seed):
        self.root, self.scratch, self.random, self.rounds = root, scratch, random.Random(seed), 0
        write_files(root, START)
        theme = THEMES[seed % len(THEMES)]
        self.pool = theme(commit(root))
        for path, texts in self.pool.items():
            self.put(path, texts[0])
        rare = (self.touch, self.hand_edit, self.remove, self.add, self.commit, self.swap)
        self.edits = (*(self.write,) * 12, self.restore, *rare, *((self.begin_anew,) if theme is pins else ()))

    def write(self):
        path = self.random.choice(list(self.pool))
        self.put(path, self.random.choice(self.pool[path]))

    def restore(self):
        for path, texts in self.pool.items():
            self.put(path, texts[0])

    def begin_anew(self):
        """History begins with what is there: nothing of before is the past of it."""
        root = git(self.root, "commit-tree", "HEAD^{tree}", "-m", "Begin")
        git(self.root, "reset", "--soft", root)

    def put(self, path, text):
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
        return self.compared(capsys)

    def compared(self, capsys):
        """Both runs on the files as they are."""
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


SEEDS = int(os.environ.get("TOWPATH_SEEDS", len(THEMES)))
ROUNDS = int(os.environ.get("TOWPATH_ROUNDS", "9"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_edited_a_run_that_remembers_ends_like_one_from_scratch(seed, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("generator.trees.looks.TICK", TICK)
    play = Play(tmp_path / "root", tmp_path / "scratch", seed)
    for number in range(ROUNDS):
        remembering, scratch = play.round(capsys)
        for mine, other in zip(remembering, scratch, strict=True):
            assert mine == other, f"seed {seed}, round {number}"


COURSES = {
    "a finding across services moves with its line": (
        {f"{TEST}/{WEB}/manifests/pod.yaml": POD, f"{TEST}/{TOOLS}.yaml": None},
        {f"{TEST}/{WEB}/manifests/pod.yaml": f"# moved down\n{POD}"},
    ),
    "a service defines the kind of another": (
        {**KINDS, f"{TEST}/{API}/manifests/widget.yaml": WIDGET},
        {f"{TEST}/kind.yaml": release("1.0.0")},
        {f"{TEST}/kind.yaml": None},
    ),
    "what others mount changes, comes and goes": (
        {f"{BASE}/shared.conf": "a", f"{BASE}/{WEB}.yaml": f"{PORT}  files: {{/etc/a: shared.conf}}\n"},
        {f"{BASE}/shared.conf": "b"},
        {f"{PROD}/shared.conf": "c"},
        {f"{BASE}/shared.conf": None, f"{PROD}/shared.conf": None},
    ),
    "what hides a finding across services goes": (
        {f"{TEST}/{WEB}/manifests/pod.yaml": POD, f"{TEST}/{TOOLS}.yaml": None},
        {f"{TEST}/{WEB}.yaml": suppressing("missing-reference") + release("1.4.1")},
        {f"{BASE}/{API}.yaml": PORT.replace("80", "90")},
        {f"{TEST}/{TOOLS}.yaml": release("1.0.0")},
        {f"{TEST}/{WEB}.yaml": release("1.4.1")},
    ),
}


@pytest.mark.parametrize("course", COURSES)
def test_a_course_of_edits_ends_as_from_scratch_each_time(course, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("generator.trees.looks.TICK", -(10**12))
    play = Play(tmp_path / "root", tmp_path / "scratch", 0)
    for path in play.pool:
        play.put(path, START.get(path))
    for edits in COURSES[course]:
        for path, text in edits.items():
            play.put(path, text)
        remembering, scratch = play.compared(capsys)
        assert remembering == scratch


def test_a_run_that_is_killed_leaves_a_memory_that_is_old_or_new(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    play = Play(tmp_path / "root", tmp_path / "scratch", 7)
    command = [sys.executable, "-m", "bot.cli.main", "render", "-C", str(play.root)]
    assert run(command[3:]) == 0
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    took = time.monotonic() - began
    for version in range(ROUNDS // 2):
        for service in (WEB, API):
            write_files(play.root, {f"{TEST}/{service}.yaml": release(f"2.0.{version}")})
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(took * play.random.uniform(0.5, 1))
        running.kill()
        running.wait()
        if version % 2:
            capsys.readouterr()
            remembering, scratch = play.compared(capsys)
            assert remembering == scratch
    kept = sorted(path.name for path in (tmp_path / "cache/towpath/repositories").iterdir())
    assert kept[1:] in ([], [f"{kept[0]}.new"])
