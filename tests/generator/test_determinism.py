"""The same input gives the same bytes, on whatever machine and by whomever it is rendered."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generator.small import FILES, commit, write_files

PROGRAM = """
import os, random, sys
seed, umask, root = int(sys.argv[1]), int(sys.argv[2], 8), sys.argv[3]
chance, real, listed = random.Random(seed), os.scandir, os.listdir

class Shuffled(list):  # file systems list a folder in any order
    def __next__(self):
        if not self: raise StopIteration
        return self.pop()
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def close(self): pass

def scandir(path="."):
    with real(path) as entries:
        found = Shuffled(entries)
    chance.shuffle(found)
    return found

def listdir(path="."):
    return chance.sample(found := listed(path), len(found))

os.scandir, os.listdir = scandir, listdir
os.umask(umask)
sys.path.insert(0, sys.argv[4])
from bot.cli.main import run
from generator import beside, processes
processes._FEWEST = 1  # else six services are not worth a second process
beside.available = lambda: seed + 1
assert run(["render", "-C", root, "--output", "json"]) == 0
assert run(["validate", "-C", root, "--output", "json"]) == 0
assert run(["validate", "-C", root, "--output", "sarif"]) == 0
"""

MACHINES = {
    "here": ("0", "022", {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}),
    "two processors in Turkey": (
        "1",
        "077",
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"},
    ),
    "three processors without UTF-8": ("2", "000", {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Three services with letters from everywhere, a file that they mount, findings, and releases that are pinned."""
    template, service = "templates/web/template.yaml", "  service.yaml.j2: true\n"
    files = {
        **FILES,
        "templates/web/configmap.yaml.j2": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ service }}\n"
        "  namespace: {{ namespace }}\ndata: {{ values.files.data }}\n",
        template: FILES[template].replace(service, f"{service}  configmap.yaml.j2: true\n")
        + "  files: {description: Files., type: object, additionalProperties: {type: string}, default: {}}\n",
        "environments/base/services/banner.txt": "ÄÖÜ ıİ 世界 🚀\n",
    }
    for name in ("api", "web", "zoo"):
        files[f"environments/base/services/{name}.yaml"] = (
            "template: web\nvalues:\n  port: 8080\n  files: {/banner: banner.txt}\n"
            "  env: {Z: 'ıİiI', A: 世界, i: '1', I: '2', NO: 'no', TAG: latest}\n"
        )
        for environment in ("test", "prod"):
            path = f"environments/{environment}/services/{name}.yaml"
            files[path] = FILES[f"environments/{environment}/services/web.yaml"].replace("/web:", f"/{name}:")
    root = write_files(tmp_path_factory.mktemp("made") / "shop", files)
    pinned = commit(root)
    place = root / "environments/prod/services/api.yaml"
    place.write_text(f"{place.read_text()}  revision: {pinned}\n")
    commit(root)
    return root


def rendered_on(shop, folder, seed, umask, environment):
    """Every file, and what the commands print, on a machine of that kind."""
    root = Path(shutil.copytree(shop, folder / "shop"))
    known = {name: os.environ[name] for name in ("PATH", "HOME", "GIT_CONFIG_GLOBAL") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, seed, umask, str(root), str(Path(__file__).parents[2])],
        cwd=folder,
        env=known | environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    rendered = (path for path in root.rglob("rendered/**/*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in rendered} | {"stdout": done.stdout}


def test_every_machine_renders_the_same_bytes_and_says_the_same(shop, tmp_path):
    found = {}
    for name, machine in MACHINES.items():
        (tmp_path / name).mkdir()
        found[name] = rendered_on(shop, tmp_path / name, *machine)
    here = found.pop("here")
    assert len(here) == 2 * 3 * 4 + 1 and "世界".encode() in b"".join(here.values())
    for name, there in found.items():
        assert there == here, f"{name} differs"
