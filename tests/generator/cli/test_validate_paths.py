"""`towpath validate PATH…`: what replaces kubeconform, from the command line."""

import io
import json
import os
import xml.etree.ElementTree as Xml
from types import SimpleNamespace

import jsonschema
import pytest

from bot.cli.main import run
from generator.shipped import shipped
from tests.generator.small import FILES, write_files

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: b}\n"
GOOD = MAP.replace("NAME", "good")
BAD = MAP.replace("NAME", "bad").replace("b}", "1}")
UNKNOWN = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: {size: 1}\n"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, maximum: MAXIMUM}}}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder without a repository, as the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def validate(here, capsys):
    """Runs the command; its exit code, findings as (check, place, message) and summary."""

    def validate(*arguments):
        code = run(["validate", *arguments, "--output", "json"])
        said = capsys.readouterr()
        result = json.loads(said.out) if said.out else {"findings": [], "summary": {}}
        places = [
            (one["where"]["path"], one["where"].get("line"), one["where"].get("column")) for one in result["findings"]
        ]
        found = [(one["check"], *place) for one, place in zip(result["findings"], places, strict=True)]
        messages = [one["message"] for one in result["findings"]]
        return SimpleNamespace(code=code, found=found, messages=messages, summary=result["summary"], err=said.err)

    return validate


def fares(result):
    return {name: number for name, number in result.summary.items() if number and name not in ("objects", "files")}


def test_files_and_folders_are_read_and_others_left_alone(here, validate):
    write_files(
        here,
        {
            "a/b/good.yml": GOOD,
            "a/c.json": json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}),
        },
    )
    (here / "a/notes.txt").write_text("a: 1")
    (here / "bad.yaml").write_text(BAD)
    done = validate("a", "bad.yaml")
    assert done.code == 1
    assert done.found == [("kubernetes-schema", "bad.yaml", 4, 8)]
    assert (done.summary["objects"], done.summary["files"]) == (3, 3)
    assert fares(done) == {"valid": 2, "invalid": 1}
    assert validate("a").code == 0


def test_a_link_out_of_a_folder_is_refused_and_another_one_followed(here, capsys):
    write_files(here, {"a/..data/good.yaml": GOOD, "secret": "token: hunter2\n"})
    (here / "a/good.yaml").symlink_to("..data/good.yaml")
    assert run(["validate", "a"]) == 0
    for target in ("../secret", "/proc/self/environ", "nowhere/../../secret"):
        (here / "a/b.yaml").symlink_to(target)
        capsys.readouterr()
        assert run(["validate", "a"]) == (1 if (here / "a/b.yaml").exists() else 0)
        said = "".join(capsys.readouterr())
        assert "hunter2" not in said and ("--> a/b.yaml" in said) == (here / "a/b.yaml").exists()
        assert run(["validate", "a", "--ignore-filename-pattern", "b.yaml"]) == 0
        (here / "a/b.yaml").unlink()


def test_standard_input(here, validate, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(f"{GOOD}---\n{BAD}".encode())))
    done = validate("-")
    assert (done.code, done.found) == (1, [("kubernetes-schema", "stdin", 9, 8)])


def test_a_pipe_is_read_from_a_shell_and_refused_where_it_would_have_us_wait(here, validate):
    reading, writing = os.pipe()
    os.write(writing, BAD.encode())
    os.close(writing)
    assert validate(f"/dev/fd/{reading}").found == [("kubernetes-schema", f"/dev/fd/{reading}", 4, 8)]
    os.close(reading)
    os.mkfifo(here / "a.yaml")
    for path in ("a.yaml", "/dev/zero"):
        done = validate(path)
        assert (done.code, done.found) == (1, [("unreadable", path, None, None)])
        assert done.messages == ["neither a file nor a folder"]


def test_a_list_is_its_items_each_at_its_own_place(here, validate):
    item = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: NAME}\n  data: {a: VALUE}\n"
    items = item.replace("NAME", "a").replace("VALUE", "b") + item.replace("NAME", "b").replace("VALUE", "1")
    (here / "list.yaml").write_text(f"apiVersion: v1\nkind: List\nitems:\n{items}")
    done = validate("list.yaml")
    assert done.found == [("kubernetes-schema", "list.yaml", 11, 10)]
    assert done.summary["objects"] == 2


def test_a_list_of_one_kind_gives_its_items_their_kind(here, validate):
    (here / "l.yaml").write_text("apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n  dat: {}\n")
    done = validate("l.yaml")
    assert done.found == [("kubernetes-schema", "l.yaml", 5, 3)]
    assert "ConfigMap a: dat: unknown field" in done.messages[0]


def test_json_is_read_as_json_and_its_places_are_right(here, validate):
    data = '"data": {"a\\/\\ud83d\\ude00": "x"}'
    named = '"kind": "ConfigMap", "metadata": {"name": "a"}'
    (here / "a.json").write_text(f'{{"apiVersion": "v1",\n\t{named},\n\t{data},\n\t"dta": {{}}}}')
    done = validate("a.json")
    assert ("kubernetes-schema", "a.json", 4, 2) in done.found
    (here / "a.json").write_text('{"apiVersion": "v1",\n "kind": "ConfigMap", "metadata": {"name": "B\\\\\\/"}}')
    assert ("object-name", "a.json", 2, 36) in validate("a.json").found
    long = "k" * 2000
    (here / "a.json").write_text(f'{{"apiVersion": "v1",\n "kind": "ConfigMap", "{long}": 1}}')
    assert ("kubernetes-schema", "a.json", 1, None) in validate("a.json").found
    (here / "a.json").write_text('{"apiVersion": "v1",\n "kind": "ConfigMap", "kind": "Pod"}')
    assert validate("a.json").found == [("yaml", "a.json", 2, 23)]


def test_one_json_value_after_the_other_is_read_as_jq_writes_them(here, validate):
    one = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "NAME"}}'
    texts = [one.replace("NAME", name) for name in ("a", "B", "c", "D")]
    (here / "a.json").write_text(f"{texts[0]}\n{texts[1]}\n null {texts[2]}{texts[3]}\n")
    done = validate("a.json", "--ignore-missing-schemas")
    assert done.found == [("object-name", "a.json", 2, 56), ("object-name", "a.json", 3, 6 + len(texts[2]) + 56)]
    (here / "a.json").write_text(f"{texts[0]}\n{texts[2]}\n---\n{texts[0]}\n")
    assert validate("a.json").found == [("yaml", "a.json", 2, 1)]


@pytest.mark.parametrize(
    ("content", "check"),
    [(b"a: [", "yaml"), (b"\xff", "invalid-file"), (b"a: 1\na: 2\n", "yaml"), (b"just text", "kubernetes-schema")],
)
def test_what_cannot_be_read_is_a_finding(here, validate, content, check):
    (here / "a.yaml").write_bytes(content)
    done = validate("a.yaml")
    assert done.code == 1
    assert [one[0] for one in done.found] == [check]


def test_nothing_in_a_file_is_nothing_wrong(here, validate):
    (here / "a.yaml").write_text("# only a comment\n---\n")
    assert (validate("a.yaml").code, validate("a.yaml").summary["objects"]) == (0, 0)


def test_a_missing_path_is_said(here, validate):
    done = validate("nothing.yaml")
    assert done.code == 1
    assert "there is no file or folder nothing.yaml" in done.err


def test_an_object_with_a_null_fares_as_its_findings_say(here, validate):
    (here / "a.yaml").write_text(BAD.replace("\ndata:", "\nimmutable: null\ndata:"))
    assert fares(validate("a.yaml")) == {"invalid": 1}


def test_kinds_are_skipped_and_rejected_by_kind_or_by_version_and_kind(here, validate):
    (here / "a.yaml").write_text(f"{BAD}---\n{UNKNOWN}")
    assert fares(validate("a.yaml")) == {"invalid": 1, "error": 1}
    assert fares(validate("a.yaml", "--skip", "ConfigMap,example.com/v1/Thing")) == {"skipped": 2}
    assert fares(validate("a.yaml", "--skip", "v1beta1/ConfigMap", "--skip", "Thing")) == {"invalid": 1, "skipped": 1}
    (here / "b.yaml").write_text(GOOD)
    assert validate("b.yaml", "--reject", "v1/ConfigMap").found == [("rejected-kind", "b.yaml", 2, 1)]
    assert validate("b.yaml", "--reject", "Secret").code == 0


def test_an_unknown_kind_is_an_error_that_says_what_to_do_unless_it_may_pass(here, validate, capsys):
    (here / "a.yaml").write_text(UNKNOWN)
    assert run(["validate", "a.yaml"]) == 1
    said = capsys.readouterr().out
    assert "has no Thing in example.com/v1" in said
    assert "--schema-location" in said and "schemas/crds/" in said
    (here / "b.yaml").write_text(GOOD)
    passed = validate("a.yaml", "b.yaml", "--ignore-missing-schemas")
    assert (passed.code, fares(passed)) == (0, {"skipped": 1, "valid": 1})


@pytest.mark.parametrize("text", ["- a: null\n", "[1]", "a: null\n", "null", "5", "a: [1]\n---\nx\n"])
def test_what_is_no_object_is_an_error_that_says_what_the_file_may_be(here, capsys, text):
    (here / "a.yaml").write_text(text)
    code = run(["validate", "a.yaml"])
    said = capsys.readouterr()
    assert "bug" not in said.err
    assert code == (0 if text == "null" else 1)
    assert text == "null" or ("this document: " in said.out and "--ignore-filename-pattern" in said.out)
    assert "object-name" not in said.out


def test_files_for_other_programs_are_named_as_what_they_are(here, capsys):
    kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n"
    write_files(here, {"kustomization.yaml": kustomization, "chart.yaml": "a: {{ .Values.a }}\n"})
    assert run(["validate", "."]) == 1
    said = capsys.readouterr().out
    assert "kustomize build FOLDER | towpath validate -" in said
    assert "helm template CHART | towpath validate -" in said


def test_files_of_a_repository_are_not_for_the_cluster(here, capsys):
    write_files(here / "shop", FILES)
    for path in ["towpath.yaml", "environments/test/environment.yaml", "environments/base/services/web.yaml"]:
        assert run(["validate", f"shop/{path}"]) == 1
        assert "fix: it is a file of a Towpath repository, not for the cluster" in capsys.readouterr().out, path
    assert run(["validate", "shop/environments"]) == 1
    assert "begin it with apiVersion" not in capsys.readouterr().out


def test_paths_that_a_pattern_matches_are_left_out(here, validate):
    write_files(here, {"a/kustomization.yaml": "resources: []\n", "a/good.yaml": GOOD})
    assert validate("a").code == 1
    assert validate("a", "--ignore-filename-pattern", "kustomization").code == 0
    refused = validate("a", "--ignore-filename-pattern", "(").err
    assert "no regular expression" in refused
    assert "write one of Python's" in refused


def test_definitions_among_the_paths_are_used(here, validate):
    (here / "things.yaml").write_text(UNKNOWN)
    (here / "crd.yaml").write_text(CRD.replace("MAXIMUM", "9"))
    assert validate("things.yaml", "crd.yaml").code == 0
    (here / "crd.yaml").write_text(CRD.replace("MAXIMUM", "0"))
    assert validate(".").found == [("kubernetes-schema", "things.yaml", 4, 8)]


def test_what_is_against_a_definition_that_travels_with_the_tool_names_its_version(here, capsys):
    group = "monitoring.coreos.com"
    (here / "a.yaml").write_text(UNKNOWN.replace("example.com/v1", f"{group}/v1").replace("Thing", "PodMonitor"))
    assert run(["validate", "a.yaml"]) == 1
    told = capsys.readouterr().out
    assert "another version than github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring@v" in told
    (here / "crd.yaml").write_text(
        CRD.replace("MAXIMUM", "0").replace("example.com", group).replace("Thing", "PodMonitor")
    )
    assert run(["validate", "a.yaml", "crd.yaml"]) == 1
    assert "another version" not in capsys.readouterr().out


def test_of_two_definitions_among_the_paths_the_first_counts(here, validate):
    (here / "things.yaml").write_text(UNKNOWN)
    for name, maximum in (("a.yaml", "9"), ("b.yaml", "0")):
        (here / name).write_text(CRD.replace("MAXIMUM", maximum))
    assert validate(".").code == 0


def test_definitions_and_weights_of_the_repository_around(here, validate):
    write_files(here, {**FILES, "schemas/crds/thing.yaml": CRD.replace("MAXIMUM", "0"), "plain/a.yaml": UNKNOWN})
    assert validate("plain").found == [("kubernetes-schema", "plain/a.yaml", 4, 8)]
    weights = FILES["towpath.yaml"].replace("checks:\n", "checks:\n  kubernetes-schema: warning\n")
    (here / "towpath.yaml").write_text(weights)
    assert validate("plain").code == 0


def test_suppressions_of_the_repository_around(here, validate, monkeypatch):
    def with_suppression(**fields):
        entry = {"check": "kubernetes-schema", "reason": "known", **fields}
        lines = [f"{name}: {value}" for name, value in entry.items()]
        write_files(here, {**FILES, "towpath.yaml": FILES["towpath.yaml"] + f"suppress:\n- {{{', '.join(lines)}}}\n"})

    write_files(here, {"vendor/a.yaml": BAD, "vendor/b.yaml": GOOD, "c.yaml": BAD})
    for fields in ({}, {"path": "vendor"}, {"path": "vendor/a.yaml"}, {"object": "ConfigMap/bad", "path": "."}):
        with_suppression(**fields)
        assert validate("vendor").found == []
    with_suppression(path="vendor/")
    assert [path for _, path, *_ in validate("c.yaml").found] == ["c.yaml"]
    with monkeypatch.context() as patch:
        patch.chdir(here / "vendor")
        assert validate("a.yaml", "../vendor").found == []
    for fields in ({"environment": "test"}, {"service": "web"}, {"object": "Pod/bad"}):
        with_suppression(**fields)
        assert [check for check, *_ in validate("vendor").found] == ["kubernetes-schema"]


def test_a_suppression_that_hides_nothing_in_its_path_is_a_finding_once_all_of_that_was_looked_at(
    here, validate, monkeypatch
):
    write_files(here, {"vendor/a.yaml": GOOD, "vendor/b.yaml": GOOD})
    entry = "suppress:\n- {check: kubernetes-schema, path: vendor, reason: known}\n"
    write_files(here, {**FILES, "towpath.yaml": FILES["towpath.yaml"] + entry})
    assert validate("vendor").found == [("unused-suppression", "towpath.yaml", 15, 11)]
    with monkeypatch.context() as patch:
        patch.chdir(here / "vendor")
        assert [path for _, path, *_ in validate(".").found] == ["../towpath.yaml"]
    assert validate("vendor/a.yaml").found == []
    assert "unused-suppression" not in [check for check, *_ in validate().found]


def test_json_schemas_in_the_layout_of_kubeconform(here, validate):
    schema = {"type": "object", "properties": {"spec": {"properties": {"size": {"type": "integer", "maximum": 0}}}}}
    write_files(here, {"s/v1.36.0-standalone-strict/thing-example-v1.json": json.dumps(schema), "a.yaml": UNKNOWN})
    at = ("--kubernetes-version", "1.36", "--schema-location")
    assert validate("a.yaml", *at, "s").found == [("kubernetes-schema", "a.yaml", 4, 8)]
    write_files(here, {"t/example.com/thing_v1.json": json.dumps({"type": "object"})})
    template = "t/{{ .Group }}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    assert validate("a.yaml", *at, template).code == 0
    assert "uses no network" in validate("a.yaml", *at, "https://example.com/").err
    assert "unknown variable .Nonsense" in validate("a.yaml", *at, "{{.Nonsense}}.json").err


def test_no_name_in_an_object_leads_out_of_a_folder_of_schemas(here, validate):
    write_files(here, {"secret.json": json.dumps({"not": {}}), "s/x/y.txt": ""})
    (here / "a.yaml").write_text("apiVersion: a/../../secret\nkind: T\nmetadata: {name: a}\n")
    assert [one[0] for one in validate("a.yaml", "--schema-location", "s/x/{{.ResourceAPIVersion}}.json").found] == [
        "unknown-kind"
    ]


def test_versions(here, validate):
    (here / "a.yaml").write_text("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\nspec: {}\n")
    assert validate("a.yaml", "--kubernetes-version", "v1.25.3").found != []
    (here / "a.yaml").write_text(
        "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\n"
    )
    assert validate("a.yaml", "--kubernetes-version", "1.30").code == 0
    also = validate("a.yaml", "--kubernetes-version", "1.30", "--also-check", "1.31", "--also-check", "1.32")
    assert (also.code, [one[0] for one in also.found]) == (1, ["removed-api", "deprecated-api"])
    assert also.messages[0].startswith("Kubernetes 1.32: flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema was removed")
    wrong = validate("a.yaml", "--also-check", "1.99")
    assert wrong.code == 2
    assert "1.25, 1.26" in wrong.err and "1.37" in wrong.err


def test_good_practice_is_a_warning_and_what_needs_an_environment_is_left_out(here, validate):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    container = "{name: a, image: nginx, lifecycle: {preStop: {sleep: {}}}}"
    pod += f"spec: {{serviceAccountName: other, containers: [{container}]}}\n"
    (here / "a.yaml").write_text(pod)
    done = validate("a.yaml")
    checks = {one[0] for one in done.found}
    assert done.code == 0
    assert {"image-tag", "unset-field"} <= checks
    assert "missing-reference" not in checks


def test_summary_and_every_object(here, capsys):
    (here / "a.yaml").write_text(f"{GOOD}---\n{BAD}")
    assert run(["validate", "a.yaml", "--summary", "--verbose"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == [
        "a.yaml - ConfigMap good is valid",
        "a.yaml - ConfigMap bad is invalid",
        "Summary: 2 resources found in 1 files - Valid: 1, Invalid: 1, Errors: 0, Skipped: 0",
    ]


def test_a_name_is_a_path_if_there_is_one_and_a_service_else(here, capsys):
    write_files(here, FILES)
    assert run(["render"]) == 0
    assert run(["validate", "web"]) == 0
    (here / "web").mkdir()
    assert run(["validate", "web"]) == 2
    assert "web is a service and a path" in capsys.readouterr().err
    assert run(["validate", "./web"]) == 0
    assert run(["validate", "wbe"]) == 2
    assert "did you mean 'web'" in capsys.readouterr().err
    (here / "web").rmdir()
    assert run(["validate", "web", "./a.yaml"]) == 2
    assert "do not go together" in capsys.readouterr().err


def test_options_for_paths_are_not_ignored_elsewhere(here, capsys):
    write_files(here, FILES)
    assert run(["validate", "--skip", "Secret"]) == 2
    assert "--skip belongs to paths" in capsys.readouterr().err
    assert run(["validate", ".", "-e", "test"]) == 2


def test_json_conforms_to_its_schema(here, capsys):
    schema = json.loads((shipped("schemas") / "validation-output.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    write_files(here, FILES)
    (here / "a.yaml").write_text(f"{GOOD}---\n{BAD}---\n{UNKNOWN}")
    for arguments in ([], ["a.yaml"]):
        capsys.readouterr()
        assert run(["validate", *arguments, "--output", "json"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["findings"]
        jsonschema.validate(found, schema)
        del found["findings"][0]["where"]["path"]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(found, schema)


def test_junit_from_a_repository(here, capsys):
    write_files(here, FILES)
    assert run(["validate", "--output", "junit"]) == 1
    suites = Xml.fromstring(capsys.readouterr().out)
    names = {(case.get("classname"), case.get("name")) for case in suites.iter("testcase")}
    assert ("environments/test/rendered/web/deployment.yaml", "Deployment web") in names
    assert [one.get("type") for one in suites.iter("failure")] == ["stale-rendered"] * int(suites.get("failures", "0"))


def test_further_versions_of_a_repository(here, capsys):
    deployment = (
        FILES["templates/web/deployment.yaml.j2"]
        + "---\napiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\nmetadata: {name: a}\n"
    )
    allowed = {
        name: text.replace("1.34", "1.30") + "allow: {kinds: [FlowSchema]}\n"
        for name, text in FILES.items()
        if name.endswith("environment.yaml")
    }
    write_files(here, {**FILES, **allowed, "templates/web/deployment.yaml.j2": deployment})
    assert run(["render"]) == 0
    assert run(["validate"]) == 0
    capsys.readouterr()
    assert run(["validate", "--also-check", "1.32", "--output", "json"]) == 1
    messages = {one["message"] for one in json.loads(capsys.readouterr().out)["findings"] if one["severity"] == "error"}
    assert len(messages) == 1
    assert messages.pop().startswith("Kubernetes 1.32: flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema was removed")


def test_a_field_that_the_version_drops_is_told_for_single_files_too(here, validate):
    spec = "selector: {matchLabels: {app: web}}, minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow"
    text = f"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
    (here / "budget.yaml").write_text(text)
    told = validate("budget.yaml", "--kubernetes-version", "1.26")
    words = "spec.unhealthyPodEvictionPolicy: Kubernetes 1.26 drops it; 1.27 is the first to keep it"
    assert (told.code, [one[0] for one in told.found]) == (0, ["dropped-field"])
    assert told.found[0][1:3] == ("budget.yaml", 4)
    assert told.messages == [f"PodDisruptionBudget web: {words}"]
    assert not validate("budget.yaml", "--kubernetes-version", "1.27").found


def test_what_cannot_work_by_itself_is_told_for_single_files_too(here, validate):
    probe = "readinessProbe: {httpGet: {path: /, port: web}}"
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
    (here / "pod.yaml").write_text(
        f"{text}  - {{name: web, image: 'web:1.0', ports: [{{name: http, containerPort: 80}}], {probe}}}\n"
    )
    told = validate("pod.yaml")
    assert told.code == 0
    assert [message for one, message in zip(told.found, told.messages, strict=True) if one[0] == "probe-port"] == [
        "Pod web: web has no port named web"
    ]


@pytest.mark.parametrize(
    ("version", "field", "words"),
    [
        ("1.25", "hostnameOverride", "Kubernetes 1.25 does not have this field; 1.35 is the first that does"),
        ("1.30", "resources", "Kubernetes 1.30 does not have this field; 1.34 is the first that does"),
        ("1.25", "schedulingGates", "Kubernetes 1.25 does not have this field; 1.27 is the first that does"),
        ("1.30", "nodename", "unknown field 'nodename'; did you mean 'nodeName'?"),
        ("1.37", "nodename", "unknown field 'nodename'; did you mean 'nodeName'?"),
    ],
)
def test_a_field_that_only_newer_versions_have_is_no_misspelling(version, field, words, here, validate):
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: web, image: web:1.0}]\n"
    (here / "pod.yaml").write_text(f"{text}  {field}: x\n")
    told = validate("pod.yaml", "--kubernetes-version", version)
    assert f"Pod web: spec.{field}: {words}" in told.messages
