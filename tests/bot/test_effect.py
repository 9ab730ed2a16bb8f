"""What people's changes lead to is judged by what the base accepts, and compared with what it has rendered (R4)."""

from __future__ import annotations

from bot.effect import Effect, effect
from generator.resolving.pins import Pins
from tests.bot.small import A, Small
from tests.generator.small import FILES

MANIFEST = "templates/web/deployment.yaml.j2"
OVERLAY = "environments/test/services/api.yaml"
SUPPRESS = "suppress:\n- check: seccomp\n  reason: Trust me.\n"


def ask(small: Small, edits: dict[str, str], *services: str) -> Effect:
    head = small.fetch()
    given = {path: text.encode() for path, text in edits.items()}
    return effect(small.clone.tree(head), Pins(small.clone, head), given, [("test", service) for service in services])


def test_who_asks_for_a_change_does_not_suppress_what_is_found_in_it(small: Small) -> None:
    small.push({"towpath.yaml": FILES["towpath.yaml"] + "  seccomp: error\n"})
    small.push({"environments/base/services/api.yaml": FILES["environments/base/services/web.yaml"]})
    overlay = f"{SUPPRESS}release:\n  image: {A}\n"
    (finding,) = ask(small, {OVERLAY: overlay}, "api").findings
    assert (finding.check, finding.where.path) == ("seccomp", "environments/test/rendered/api/deployment.yaml")
    off = {"towpath.yaml": FILES["towpath.yaml"], OVERLAY: overlay}
    assert [one.check for one in ask(small, off, "api").findings] == ["seccomp"]
    small.push({OVERLAY: overlay})
    assert ask(small, {OVERLAY: "# Written once more\n" + overlay}, "api").findings == ()


def test_what_may_not_change_in_the_cluster_is_found(small: Small) -> None:
    text = FILES[MANIFEST].replace("app: {{ service }}", "app: {{ service ~ '-2' }}")
    assert "immutable-field" in {one.check for one in ask(small, {MANIFEST: text}, "web").findings}
