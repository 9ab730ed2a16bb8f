"""What holds for the project as a whole: nothing of this machine in it, locks that lock, a wheel with everything."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from generator.shipped import shipped

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ ;\\]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)
SHIPPED = ("templates", "schemas", "environments", "towpath.yaml")

# Each is written so that this file does not match itself.
PRIVATE = re.compile(
    r"(--(extra-)?index-url|--fin[d]-links|py[p]i\.org|pythonh[o]sted\.org|/opt/whee[l]s|"
    r"/root[/][\w.]|/work[/](main|shared)|/home/[a-z]+[/]|/Users/[a-z]+[/])"
)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def sources(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name):
    """version by package of a lock file, which must consist of nothing but hashed pins."""
    text = (ROOT / name).read_text()
    assert PIN.sub("", text) == ""
    return {canonical(match[1]): match[2] for match in PIN.finditer(text)}


def declared(requirements):
    return {canonical(re.split(r"[<>=~!; ]", entry)[0]) for entry in requirements if isinstance(entry, str)}


def test_no_tracked_file_names_a_package_index_or_a_place_on_a_machine():
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in PRIVATE.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-build.txt", "requirements-dev.txt"])
def test_every_pin_has_a_hash_and_agrees_with_the_other_locks(name):
    everything = locked("requirements-dev.txt")
    pins = locked(name)
    assert pins
    assert {package: everything.get(package) for package in pins} == pins


def test_the_locks_hold_what_the_project_declares():
    groups = PYPROJECT["dependency-groups"]
    assert declared(PYPROJECT["project"]["dependencies"]) <= set(locked("requirements.txt"))
    assert declared(groups["build"]) <= set(locked("requirements-build.txt"))
    assert declared(groups["dev"]) <= set(locked("requirements-dev.txt"))


def test_each_dependency_has_its_line_in_the_documentation():
    groups = PYPROJECT["dependency-groups"]
    wanted = declared([*PYPROJECT["project"]["dependencies"], *groups["build"], *groups["dev"]])
    rows = re.findall(r"^\| ([\w.-]*\w) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert {canonical(row) for row in rows} - {"package", "what"} == wanted
    also = (ROOT / "docs/dependencies.md").read_text().lower()
    assert [package for package in locked("requirements.txt") if package not in also.replace(".", "-")] == []


def test_actions_are_pinned_by_commit():
    used = [
        (path.name, use)
        for path in (ROOT / ".github/workflows").glob("*.y*ml")
        for use in re.findall(r"uses:\s*(\S+.*)", path.read_text())
    ]
    assert used
    assert [use for use in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", use[1])] == []


def test_modules_and_functions_stay_small():
    long = []
    for path in sources("generator", "bot"):
        text = path.read_text()
        nodes = ast.walk(ast.parse(text))
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
        long += [f"{path}: {name}: {length}" for name, length in lengths.items() if length > 45]
        long += [f"{path}: {lines}"] if (lines := text.count("\n")) >= 400 else []
    assert long == []


def test_no_module_is_called_after_nothing():
    vague = {"utils", "util", "helpers", "common", "manager", "model", "misc"}
    assert [path for path in sources("generator", "bot") if path.stem in vague or path.parent.name in vague] == []


def test_no_check_is_switched_off_without_a_reason():
    """It stands behind it on the line, or in a comment on the line above."""
    switched_off = re.compile(r"# *(noqa|type: *ignore)(: *[A-Z0-9, ]+\b|\[[a-z, -]+\])?(?P<reason>.*)")
    bare = []
    for path in sources("generator", "bot", "tests", "schemas"):
        lines = path.read_text().splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            found = switched_off.search(line) if path != Path(__file__) else None
            if found and not re.search(r"\w{3}", found["reason"]) and not above.lstrip().startswith("#"):
                bare.append(f"{path.relative_to(ROOT)}: {line.strip()}")
    assert bare == []


@pytest.mark.parametrize("name", SHIPPED)
def test_what_travels_with_the_tool_is_found_in_a_checkout(name):
    assert shipped(name) == ROOT / name
    assert shipped(name).exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    built = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(built)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    [path] = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_the_wheel_carries_every_file_that_the_tool_needs(wheel):
    relative = [path.relative_to(ROOT).as_posix() for path in tracked()]
    expected = {name for name in relative if name.startswith(("generator/", "bot/"))}
    data = {name for name in relative if name.split("/")[0] in SHIPPED and not re.fullmatch(r"schemas/\w+\.py", name)}
    expected |= {f"generator/data/{name}" for name in data}
    assert sorted(expected - set(wheel.namelist())) == []


def test_the_wheel_has_nothing_at_its_top_but_the_two_packages(wheel):
    assert {name.split("/")[0] for name in wheel.namelist()} == {"bot", "generator", "towpath-0.1.0.dist-info"}


def test_the_wheel_is_the_same_every_time(wheel, tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    [again] = tmp_path.glob("*.whl")
    assert again.read_bytes() == Path(wheel.filename).read_bytes()
