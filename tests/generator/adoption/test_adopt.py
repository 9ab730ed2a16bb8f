"""From manifests to services: what becomes of each object, and that what is rendered is what was."""

import pytest

from generator.adoption.adopt import adopt
from generator.errors import InputError
from generator.k8syaml import load_all
from generator.server_defaults import comparable
from generator.trees.tree import EditedTree
from tests.generator.adoption.manifests import (
    CRON,
    MAILER,
    PROD,
    REPOSITORY,
    TEST,
    WEB,
    adopted,
    objects_of,
    text_of,
)

BASE = "environments/base/services"


@pytest.fixture(scope="module")
def shop():
    return adopt(REPOSITORY, [objects_of("test", TEST), objects_of("prod", PROD)], "1.36")


def test_two_environments_become_one_spec_with_overlays(shop):
    assert shop.is_proven
    assert shop.created == ("test", "prod")
    assert text_of(shop, f"{BASE}/web.yaml") == WEB_SPEC
    assert text_of(shop, "environments/test/services/web.yaml") == ("release:\n  image: ghcr.io/acme/web:1.4.2\n")
    assert text_of(shop, "environments/prod/services/web.yaml") == (
        "values: {env: {LEVEL: info}, replicas: 3}\n\nrelease:\n  image: ghcr.io/acme/web:1.4.1\n"
    )
    assert text_of(shop, "environments/prod/environment.yaml") == (
        "after: [test]\n"
        'cluster: {name: prod, kubernetesVersion: "1.36", controller: flux}\n'
        "namespace: default\n"
        "external: {secrets: [web]}\n"
    )


def test_an_account_without_a_name_is_the_default_one_and_nothing_that_is_needed():
    text = WEB.replace("      volumes:\n", '      serviceAccountName: ""\n      volumes:\n')
    made = adopt(REPOSITORY, [objects_of("test", {"web.yaml": text})], "1.36")
    assert made.is_proven
    assert "serviceAccounts" not in text_of(made, "environments/test/environment.yaml")


WEB_SPEC = """\
template: frontend
values:
  containerName: nginx
  env: {LEVEL: debug, POD: {field: metadata.name}, TOKEN: {secret: web, key: token}}
  envFrom: [{configMapRef: {name: web}}]
  volumes: {cache: {mountPath: /cache, emptyDir: {}}}
  ports: {http: {port: 80, targetPort: 8080}, metrics: {port: 9090, only: container}}
  portsByName: true
  probes: {readiness: {http: /ready, periodSeconds: 5}}
  resources: {requests: {cpu: 0.1, memory: 64Mi}}
  selector: {app: web}
  labels: {version: v1}
  recommendedLabels: false
  metadata: {deployment: {name: web-v1}, service: {labels: {}, annotations: {example.com/team: shop}}}
  annotations: {prometheus.io/scrape: "true"}
  serviceAccount: false
  podSecurityContext: null
  securityContext: null
"""


def test_what_no_value_says_is_a_patch(shop):
    assert "patches:" in text_of(shop, f"{BASE}/mailer.yaml")
    assert "shareProcessNamespace: true" in text_of(shop, f"{BASE}/mailer.yaml")
    assert [one.patched for one in shop.services if one.service == "mailer"] == [("Deployment mailer",)]


def test_what_no_template_renders_is_a_plain_manifest(shop):
    assert load_all(shop.files[f"{BASE}/web/manifests/configmap.web.yaml"].decode()) == load_all(WEB)[2:]


def test_plain_manifests_that_hardly_differ_are_patched_in_the_overlays(shop):
    assert load_all(shop.files[f"{BASE}/report/manifests/cronjob.report.yaml"].decode()) == load_all(CRON)
    assert "patches" not in text_of(shop, "environments/test/services/report.yaml")
    assert text_of(shop, "environments/prod/services/report.yaml") == (
        'patches: [{target: {kind: CronJob, name: report}, patch: {spec: {schedule: "0 4 * * *"}}}]\n'
        "\n"
        "release:\n  image: ghcr.io/acme/report:1.0.0\n"
    )
    assert text_of(shop, f"{BASE}/report.yaml") == "{}\n"


def test_plain_manifests_that_differ_much_are_whole_beside_the_overlays():
    other = CRON.replace('image: "ghcr.io/acme/report:1.0.0"', 'image: "ghcr.io/acme/other:1.0.0"')
    made = adopt(REPOSITORY, [objects_of("test", {"a.yaml": CRON}), objects_of("prod", {"a.yaml": other})], "1.36")
    assert made.is_proven
    for environment, text in (("test", CRON), ("prod", other)):
        path = f"environments/{environment}/services/report/manifests/cronjob.report.yaml"
        assert load_all(made.files[path].decode()) == load_all(text)


def test_secrets_are_left_out_unless_somebody_asks(shop):
    assert [(one.object, one.where.path) for one in shop.left_out] == [("Secret web", "secret.yaml")]
    everything = adopt(REPOSITORY, [objects_of("test", TEST, secrets=True)], "1.36")
    assert everything.is_proven and not everything.left_out
    assert f"{BASE}/web/manifests/secret.web.yaml" in everything.files


def test_what_is_rendered_is_compared_object_by_object(shop):
    rendered = {
        (build.environment, obj["kind"]): obj
        for build in shop.builds
        if build.service == "web"
        for manifest in build.manifests
        for obj in manifest.objects
    }
    for environment, files in (("test", TEST), ("prod", PROD)):
        for wanted in load_all(files["web.yaml"]):
            found = dict(rendered[environment, wanted["kind"]])
            found["metadata"] = {key: value for key, value in found["metadata"].items() if key != "namespace"}
            assert comparable(found) == comparable(wanted)


def test_nothing_that_exists_is_overwritten(shop):
    there = EditedTree(REPOSITORY, shop.files)
    with pytest.raises(InputError, match=r"exists already, and \d+ more of these files; nothing was written"):
        adopt(there, [objects_of("prod", PROD)], "1.36")


def test_only_the_services_that_are_asked_for(shop):
    made = adopt(REPOSITORY, [objects_of("prod", PROD)], "1.36", ["mailer"])
    assert [one.service for one in made.services] == ["mailer"]
    assert {path.split("/")[-1] for path in made.files} == {"environment.yaml", "mailer.yaml"}
    with pytest.raises(InputError, match="there is no service 'mailr' among the objects; did you mean 'mailer'"):
        adopt(REPOSITORY, [objects_of("prod", PROD)], "1.36", ["mailr"])


def test_an_environment_that_exists_keeps_its_file_and_its_defaults_are_countered(shop):
    environment = (
        'cluster: {name: prod, kubernetesVersion: "1.36", controller: flux}\nnamespace: default\n'
        "defaults: {replicas: 3, disruptionBudget: {maxUnavailable: 1}, spread: [topology.kubernetes.io/zone]}\n"
    )
    tree = EditedTree(REPOSITORY, {"environments/prod/environment.yaml": environment.encode()})
    made = adopted(MAILER, tree)
    assert made.is_proven and not made.created
    assert "replicas: 1\n" in text_of(made, f"{BASE}/mailer.yaml")
    assert "disruptionBudget: null\n" in text_of(made, f"{BASE}/mailer.yaml")


def test_what_an_environment_makes_impossible_is_a_difference_and_no_proof():
    environment = (
        'cluster: {name: prod, kubernetesVersion: "1.36", controller: flux}\nnamespace: default\n'
        "images: {mirror: {ghcr.io: mirror.example}}\n"
    )
    made = adopted(MAILER, EditedTree(REPOSITORY, {"environments/prod/environment.yaml": environment.encode()}))
    assert not made.is_proven
    assert [one.text for one in made.differences] == [
        "image ghcr.io/acme/mailer:2.0.0 → mirror.example/acme/mailer:2.0.0"
    ]


def test_a_shared_service_holds_what_belongs_to_several():
    both = MAILER + "---\n" + MAILER.replace("mailer", "other").replace("2.0.0", "3.0.0")
    settings = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: b}\n"
    used = both.replace("- name: main", "- name: main\n        envFrom: [{configMapRef: {name: settings}}]")
    made = adopted(used + settings)
    assert made.is_proven
    assert [(one.service, one.template, one.plain) for one in made.services if one.plain] == [
        ("shared", None, ("ConfigMap settings",))
    ]


UPSIDE_DOWN = {
    "template.yaml": "description: A job.\nmanifests: {cronjob.yaml.j2: true}\nvalues:\n"
    "  schedule: {description: When., type: string}\n  restarts: {description: How., type: string}\n",
    "cronjob.yaml.j2": "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: {{ service }}\nspec:\n"
    "  schedule: {{ values.schedule }}\n  jobTemplate:\n    spec:\n      template:\n        spec:\n"
    "          restartPolicy: {{ values.restarts }}\n          containers:\n          - name: {{ service }}\n"
    "            image: {{ image }}\n",
}


def test_any_template_is_turned_round_its_own_too():
    """One value is found by its name, the other, which is named as nothing in Kubernetes, by trying."""
    tree = EditedTree(REPOSITORY, {f"templates/cron/{name}": text.encode() for name, text in UPSIDE_DOWN.items()})
    made = adopted(CRON, tree)
    assert made.is_proven
    assert text_of(made, f"{BASE}/report.yaml") == (
        'template: cron\nvalues: {schedule: "0 3 * * *", restarts: Never}\n'
    )


def test_an_image_that_is_none_yet_comes_along_in_a_plain_manifest():
    made = adopted(MAILER.replace("ghcr.io/acme/mailer:2.0.0", "<your image>"))
    assert made.is_proven
    assert [(one.service, one.template) for one in made.services] == [("mailer", None)]


KUSTOMIZATION = """\
resources: [../base/mailer.yaml]
patches: [{path: ./replicas.yaml}]
patchesStrategicMerge: [../more.yaml]
"""
PART = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: mailer}\nspec: {replicas: 3}\n"


def test_what_kustomize_reads_is_left_out_and_so_are_the_parts_of_objects_that_it_patches_in():
    deleted = f"$patch: delete\n{PART}"
    files = {"k/base/mailer.yaml": MAILER, "k/prod/kustomization.yaml": KUSTOMIZATION, "k/prod/replicas.yaml": PART}
    files |= {"k/more.yaml": PART, "k/without/mailer.yaml": deleted}
    files |= {"k/typed.yaml": "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\n"}
    files |= {"k/flux/kustomization.yaml": _custom("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps")}
    made = adopted(files)
    assert [(one.where.path, one.why.partition(":")[0]) for one in made.left_out] == [
        ("k/prod/kustomization.yaml", "kustomize reads it, the cluster does not"),
        ("k/prod/replicas.yaml", "it is a patch of kustomize's"),
        ("k/more.yaml", "it is a patch of kustomize's"),
        ("k/without/mailer.yaml", "it is a patch of kustomize's"),
        ("k/typed.yaml", "kustomize reads it, the cluster does not"),
    ]
    assert [(one.service, one.template, one.plain) for one in made.services] == [
        ("mailer", "worker", ()),
        ("shared", None, ("Kustomization apps",)),
    ]


@pytest.mark.parametrize("patches", ["5", "x.yaml", "{a: b}", "[5, {}, [x]]", "null"])
@pytest.mark.parametrize("field", ["patches", "patchesJson6902", "patchesStrategicMerge"])
def test_patches_that_are_none_are_no_patches(field, patches):
    made = adopted({"k/mailer.yaml": MAILER, "k/kustomization.yaml": f"{field}: {patches}\n"})
    assert [one.where.path for one in made.left_out] == ["k/kustomization.yaml"]
    assert [one.service for one in made.services] == ["mailer"]


def _custom(api_version, kind, name, spec="{}"):
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def test_objects_of_the_same_kind_and_name_in_different_groups_are_different_objects():
    """A Service of Knative's beside that of Kubernetes, the gateways of Istio and of the Gateway API."""
    gateways = [_custom(f"{group}/v1", "Gateway", "web") for group in ("networking.istio.io", "cert.example.com")]
    made = adopted("---\n".join([WEB, _custom("serving.knative.dev/v1", "Service", "web"), *gateways]))
    assert made.is_proven
    assert not made.left_out
    assert [(one.service, one.template) for one in made.services] == [("shared", None), ("web", "frontend")]
    assert made.services[0].plain == ("Gateway web", "Gateway web", "Service web")
    assert {path for path in made.files if "/shared/manifests/" in path} == {
        f"{BASE}/shared/manifests/{name}.yaml" for name in ("gateway.web", "gateway.web-2", "service.web")
    }


def test_of_two_with_one_name_the_later_is_imported_and_the_earlier_told():
    made = adopted({"a.yaml": MAILER, "b.yaml": MAILER, "c.yaml": MAILER.replace("2.0.0", "3.0.0")})
    assert [(one.where.path, one.why) for one in made.left_out] == [
        ("a.yaml", "the same is there once more"),
        ("b.yaml", "another one of that name comes later: it is imported"),
    ]
    assert made.files["environments/prod/services/mailer.yaml"].endswith(b"mailer:3.0.0\n")


def test_a_namespace_that_something_has_yet_to_fill_in_is_none():
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: PLACE}\n"
    there = [text.replace("NAME", name).replace("PLACE", place) for name, place in (("a", "$SPACE"), ("b", "shop"))]
    made = adopted("---\n".join([there[0], there[0].replace("a,", "c,"), there[1]]))
    assert "namespace: shop\n" in text_of(made, "environments/prod/environment.yaml")
    assert {one.why for one in made.left_out} == {
        "$SPACE is no namespace: if something fills it in, let it do so first"
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("version: 2\nservices: {}\n", "it is no object of Kubernetes: it has no apiVersion or no kind"),
        ("apiVersion: v1\nkind: ${KIND}\nmetadata: {name: a}\n", "it is no object of Kubernetes: it has no apiVersion"),
        ("kind: Pod\nmetadata: {name: a}\n", "it is no object of Kubernetes: it has no apiVersion or no kind"),
        ("apiVersion: v1\nkind: Config\n", "it is no object of Kubernetes: it has no name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n", "each time it is created it gets another name"),
    ],
)
def test_what_is_no_object_of_the_cluster_is_left_out(text, why):
    (left,) = adopted(text).left_out
    assert left.why.startswith(why)


def test_an_object_that_the_server_would_refuse_comes_along_as_it_is():
    for broken in ("[{name: http}]", "8080", "[8080]", "[{containerPort: []}]"):
        made = adopted(MAILER.replace("mailer:2.0.0", f"mailer:2.0.0\n        ports: {broken}"))
        assert made.is_proven, broken
        assert [(one.service, one.template) for one in made.services] == [("mailer", None)]


TOOLS = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: broker}
spec:
  selector: {matchLabels: {app: broker}}
  serviceName: broker
  template:
    metadata: {labels: {app: broker}}
    spec:
      initContainers:
      - {name: "0", image: "ghcr.io/acme/broker:tools"}
      containers:
      - {name: main, image: "ghcr.io/acme/broker:2.5.1"}
      - {name: again, image: "ghcr.io/acme/broker:2.5.1"}
"""


def test_containers_that_run_other_tags_of_the_released_repository_keep_them():
    made = adopted(TOOLS)
    assert made.is_proven
    assert text_of(made, "environments/prod/services/broker.yaml") == (
        'release:\n  image: ghcr.io/acme/broker:2.5.1\n  images:\n    "0": ghcr.io/acme/broker:tools\n'
    )


def test_a_custom_resource_that_runs_containers_names_the_release():
    runs = '{template: {containers: [{name: app, image: "ghcr.io/acme/runner:1.0.0"}, 5]}}'
    made = adopted(_custom("acme.example.com/v1", "Runner", "all", runs))
    assert made.is_proven
    assert text_of(made, "environments/prod/services/shared.yaml") == "release:\n  image: ghcr.io/acme/runner:1.0.0\n"


def test_an_image_is_no_release_where_containers_of_one_name_run_two_tags_of_it():
    def runner(name, image):
        return _custom("acme.example.com/v1", "Runner", name, f'{{containers: [{{name: app, image: "{image}"}}]}}')

    images = ("ghcr.io/acme/runner:1", "ghcr.io/acme/runner:1-gpu", "ghcr.io/acme/other:2")
    made = adopted("---\n".join(runner(f"r{n}", image) for n, image in enumerate(images)))
    assert made.is_proven
    assert text_of(made, "environments/prod/services/shared.yaml") == "release:\n  image: ghcr.io/acme/other:2\n"


def test_a_job_that_gets_a_tag_has_to_be_deleted_first():
    """The API server refuses every change of its template."""
    job = CRON.replace("CronJob", "Job").replace("report:1.0.0", "report").partition("  schedule")[0]
    job += '  template: {spec: {restartPolicy: Never, containers: [{name: a, image: "ghcr.io/acme/report"}]}}\n'
    tag, deleted = adopted(job).services[0].notes
    assert "ghcr.io/acme/report has no tag" in tag
    assert deleted.startswith("Job report runs such an image, and jobs cannot change: delete it")
    assert adopted(job.replace("acme/report", "acme/report:1")).services[0].notes == ()
