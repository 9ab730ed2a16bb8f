"""What a release is made of, and what comes of a change: effect, first release, bytes, values, policy (P6-P10)."""

from __future__ import annotations

from bot.evidence import State
from bot.forge.interface import PullState
from bot.hold import Reason
from bot.simulate.behaviour import Behaviour
from bot.trailers import parse_trailers
from generator.release import parse_image
from tests.scenarios.shop import Shop

TEMPLATE = "templates/workload/template.yaml"
DEPLOYMENT = "templates/workload/deployment.yaml.j2"
LABELS = "      labels: {{ all_labels | merge(values.podLabels) }}\n"
FRONTEND = "templates/frontend/template.yaml"
SPEC = "environments/base/services/web.yaml"
MIRROR = "images: {mirror: {ghcr.io/acme: registry.example.com/acme}}\n"
DIGEST = "sha256:" + "a" * 64


def test_a_template_edit_that_changes_nothing_opens_no_pull_request(shop: Shop) -> None:
    """P6: [one template edit must not open 1,000 pull requests that change nothing]"""
    before = shop.arrival("staging")
    edit = shop.edit(DEPLOYMENT, "apiVersion:", "{# A comment. #}\napiVersion:")
    shop.rest()
    assert not shop.pulls()
    assert Reason.NO_EFFECT in shop.reasons("staging")
    there = shop.arrival("test")
    assert there.commit == edit
    assert there.effect_free
    assert shop.ledger().verdict(there.key) is None, "it has the verdict of the one before it"
    assert shop.arrival("staging") == before
    shop.release("test", "1.4.2")
    shop.until(lambda: shop.tag("prod") == "1.4.2")
    assert shop.arrival("prod").revision == edit, "the pin goes along with the next change"


def test_a_configuration_is_promoted_like_an_image_with_the_commit_it_is_read_from(shop: Shop) -> None:
    """P6, words: the pin leaves a root as the newest commit that touched the content; further on it is copied."""
    edit = shop.edit(SPEC, "env: {PORT: 8080}", "env: {PORT: 8080, COLOUR: green}")
    assert "COLOUR" not in shop.rendered("staging"), "what is pinned does not follow the tree"
    shop.change({"README.md": "Something else\n"})
    shop.until_passed("staging", "1.4.1")
    shop.until(lambda: shop.arrival("prod").release == shop.arrival("test").release)
    assert [shop.arrival(environment).revision for environment in ("staging", "prod")] == [edit, edit]
    assert "COLOUR" in shop.rendered("prod")
    assert [pull.title for pull in shop.pulls(environment="prod")] == ["Promote the configuration of web 1.4.1 to prod"]


def test_a_template_edit_lands_in_one_pull_request_for_all_services(shop: Shop) -> None:
    """P6: config-only candidates of one environment go in one pull request."""
    revision = shop.arrival("staging").revision
    shop.change(
        {
            SPEC.replace("web", "api"): "template: backend\nvalues: {ports: {grpc: 8080}}\n",
            "environments/test/services/api.yaml": "release:\n  image: ghcr.io/acme/api:1.0.0\n",
        }
    )
    pinned = f"release:\n  image: ghcr.io/acme/api:1.0.0\n  revision: {shop.arrival('test', 'api').revision}\n"
    shop.change({f"environments/{name}/services/api.yaml": pinned for name in ("staging", "prod")})
    shop.rest()
    assert not shop.pulls() and shop.arrival("staging").revision == revision
    edit = shop.edit(DEPLOYMENT, LABELS, f"{LABELS}      annotations:\n        edited: once\n")
    shop.rest()
    for environment in ("staging", "prod"):
        (pull,) = shop.pulls(environment=environment)
        assert pull.title == f"Promote the configuration of api and web to {environment}"
        assert "| web | `1.4.1" in pull.body and "| api | `1.0.0" in pull.body
        arrivals = [shop.arrival(environment, service) for service in ("api", "web")]
        assert {(one.commit, one.revision) for one in arrivals} == {(pull.merged_as, edit)}
        assert {shop.state(environment, service) for service in ("api", "web")} == {State.PASS}
        moves = [one.value for one in parse_trailers(shop.message(arrivals[0].commit)) if one.key == "Towpath-Move"]
        assert [move.split()[0] for move in moves] == [f"{environment}/api", f"{environment}/web"]
    assert shop.branches() == set()


def test_one_configuration_that_fails_is_taken_back_alone(shop: Shop) -> None:
    """P6, Q2: a verdict belongs to a service; what came with it stays."""
    shop.change(
        {
            SPEC.replace("web", "api"): "template: backend\nvalues: {ports: {grpc: 8080}}\n",
            "environments/test/services/api.yaml": "release:\n  image: ghcr.io/acme/api:1.0.0\n",
            "environments/staging/services/api.yaml": "values: {replicas: 1}\n",
        }
    )
    shop.until_passed("staging", "1.0.0", "api")
    before = shop.arrival("staging")
    shop.edit(DEPLOYMENT, LABELS, f"{LABELS}      annotations:\n        edited: once\n")
    shop.until(lambda: shop.arrival("staging").release != before.release)
    shop.behaviours.append(Behaviour(service="web", environment="staging", errors=0.2))
    shop.until(lambda: bool(shop.pulls(PullState.MERGED, "staging", "rollback")))
    assert shop.arrival("staging").release == before.release
    assert shop.arrival("staging", "api").release == shop.arrival("test", "api").release
    assert shop.tags("prod") == ["1.4.1"]


def test_an_overlay_without_release_gets_the_first_one_that_has_proven_itself(shop: Shop) -> None:
    """P7: "belongs here, not released yet" renders nothing; the bot writes only `release:` and rendered files."""
    overlay = "# Little traffic.\nvalues: {replicas: 1}\n"
    shop.change(
        {
            "environments/base/services/api.yaml": "template: backend\nvalues: {ports: {grpc: 8080}}\n",
            "environments/test/services/api.yaml": "release:\n  image: ghcr.io/acme/api:1.0.0\n",
            "environments/staging/services/api.yaml": overlay,
        }
    )
    assert shop.tag("staging", "api") == "none"
    shop.until_passed("staging", "1.0.0", "api")
    arrival = shop.arrival("staging", "api")
    written = shop.text("environments/staging/services/api.yaml")
    assert written == f"{overlay}\nrelease:\n  image: ghcr.io/acme/api:1.0.0\n  revision: {arrival.revision}\n"
    (pull,) = shop.pulls(environment="staging")
    assert pull.branch.endswith("-none")
    assert all("/api" in path for path in shop.changed(arrival.commit))


def test_only_bytes_that_cannot_change_are_promoted(shop: Shop) -> None:
    """P8"""
    shop.edit("towpath.yaml", "images: {tags: immutable}\n", "")
    shop.release("test", "1.4.2")
    shop.rest()
    assert not shop.pulls()
    assert Reason.UNPINNED_IMAGE in shop.reasons("staging")
    assert "has no digest" in shop.told()
    shop.release("test", f"ghcr.io/acme/web:1.4.2@{DIGEST}")
    shop.until(lambda: parse_image(shop.arrival("staging").release.image).digest == DIGEST)


def test_a_value_that_a_template_has_come_to_require_is_asked_for_and_does_not_deadlock(shop: Shop) -> None:
    """P9: [a template that gains a required value must not deadlock]"""
    template = shop.text(TEMPLATE).replace("values:\n", "values:\n  tier: {description: Who pays., type: string}\n", 1)
    annotated = f"{LABELS}      annotations:\n        tier: {{{{ values.tier }}}}\n"
    overlay = shop.text("environments/test/services/web.yaml").replace("values:\n", "values:\n  tier: gold\n")
    shop.change(
        {
            TEMPLATE: template,
            DEPLOYMENT: shop.text(DEPLOYMENT).replace(LABELS, annotated, 1),
            "environments/test/services/web.yaml": overlay,
        }
    )
    shop.rest()
    (hold,) = [hold for hold in shop.holds("staging") if hold.reason is Reason.MISSING_VALUE]
    assert hold.detail.startswith("tier in environments/staging/services/web.yaml")
    assert not shop.pulls(PullState.OPEN)
    # The template that staging is pinned to does not know the value; the newest does.
    shop.extend("environments/staging/services/web.yaml", "values: {tier: silver}\n")
    assert "silver" not in shop.rendered("staging")
    shop.until(lambda: shop.arrival("staging").release == shop.arrival("test").release)
    assert "tier: silver" in shop.rendered("staging")
    assert shop.tag("prod") == "1.4.1"


def test_a_broken_gate_is_repaired_by_a_newer_commit(shop: Shop) -> None:
    """P10: [a broken gate query must not guard its own repair]"""
    gate = "  broken: {threshold: {query: 'sum(', below: 1}}\n"
    shop.extend(FRONTEND, gate)
    shop.release("test", "1.4.2")
    shop.turn(5)
    arrived = shop.arrival("test")
    assert shop.state("test") is None
    assert Reason.METRICS_ERROR in shop.reasons("test")
    shop.edit(FRONTEND, gate, "")
    shop.until_passed("test", "1.4.2")
    assert shop.arrival("test") == arrived, "gates are no content: nothing arrives by their repair"
    shop.until(lambda: shop.state("prod") is State.PASS and shop.tag("prod") == "1.4.2")


def test_mirrors_are_no_content(shop: Shop) -> None:
    """Words: environment values, mirrors and policy are never in the digest."""
    before = shop.arrival("test")
    edit = shop.extend("environments/test/environment.yaml", MIRROR)
    assert "registry.example.com/acme/web:1.4.1" in shop.rendered("test")
    assert shop.arrival("test") == before
    window = shop.track("test").window
    assert window
    assert window.commit == edit, "but what runs has changed"
