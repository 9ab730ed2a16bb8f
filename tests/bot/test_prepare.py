"""A promotion is rendered and validated on the newest base before anything is pushed, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.prepare import Preparer
from bot.promotion import Kind, Promotion
from generator.release import Release
from tests.bot.small import DEPLOYMENT, OVERLAY, RENDERED, A, B, Small
from tests.generator.small import FILES

TEMPLATE = "templates/web/template.yaml"
MANIFEST = "templates/web/deployment.yaml.j2"
SERVICE = "templates/web/service.yaml.j2"


def changed(small: Small, parent: str, head: str) -> set[str]:
    return {change.path for change in small.clone.changes(parent, head)}


# --- What a promotion is made of


def test_only_the_release_and_rendered_files_change(small: Small) -> None:
    """P7."""
    base = small.push({OVERLAY: "# Mine\n" + small.text(OVERLAY) + "# The end\n"})
    prepared = small.preparer.prepare(small.promotion(), base)
    assert prepared.head
    assert changed(small, base, prepared.head) == {OVERLAY, DEPLOYMENT, f"{RENDERED}/.towpath"}
    assert (
        small.clone.tree(prepared.head).read(OVERLAY)
        == (
            f"# Mine\nvalues:\n  env: {{MODE: prod}}\n\nrelease:\n  image: {B}\n  revision: {small.first}\n# The end\n"
        ).encode()
    )
    assert not prepared.blocking and not small.preparer.render(small.promotion(), base).no_effect


def test_whoever_prepares_it_and_when_makes_the_same_commit(small: Small, tmp_path: Path, small_template: Path) -> None:
    """R2."""
    promotion, base = small.promotion(), small.fetch()
    other = Small.copy(small_template, tmp_path / "other")
    assert other.preparer.prepare(promotion, base) == small.preparer.prepare(promotion, base)


def test_what_changes_in_the_cluster_is_said_in_words(small: Small) -> None:
    (line,) = small.preparer.prepare(small.promotion(), small.fetch()).summary
    assert "1.4.1" in line and "1.4.2" in line


def test_owned_files_that_are_no_longer_rendered_go_and_those_of_others_stay(small: Small) -> None:
    notes = f"{RENDERED}/notes.txt"
    small.push({notes: "mine\n"})
    base = small.push(
        {TEMPLATE: FILES[TEMPLATE].replace("  service.yaml.j2: true\n", ""), "templates/web/service.yaml.j2": None},
        render=False,
    )
    prepared = small.preparer.prepare(small.promotion(A, base), base)
    assert prepared.head
    left = set(small.clone.tree(prepared.head).files(RENDERED))
    assert left == {f"{RENDERED}/.towpath", DEPLOYMENT, notes}


def test_what_changes_no_rendered_file_has_no_effect(small: Small) -> None:
    """P6: a comment in the template is another release, with the same manifests."""
    base = small.push({MANIFEST: "{# Explained #}\n" + FILES[MANIFEST]})
    promotion = small.promotion(A, base)
    assert promotion.moves[0].target != small.release(A)
    assert small.preparer.render(promotion, base).no_effect
    assert not small.preparer.prepare(promotion, base).summary


def test_a_repair_renders_anew_and_moves_nothing(small: Small) -> None:
    """R7."""
    before = small.fetch()
    base = small.push({DEPLOYMENT: small.text(DEPLOYMENT).replace("replicas: 3", "replicas: 30")}, render=False)
    assert not small.preparer.is_fresh(base, "prod", "web")
    prepared = small.preparer.prepare(small.promotion(A, kind=Kind.REPAIR), base)
    assert prepared.head
    assert changed(small, base, prepared.head) == {DEPLOYMENT}
    assert prepared.summary == ("replicas 30 → 3",), "what the cluster has counts, not what it should have had"
    assert changed(small, before, prepared.head) == set()


# --- What is wrong with it is in the result


def typo(small: Small) -> str:
    """A commit whose template renders a field that Kubernetes does not know."""
    text = FILES[SERVICE].replace("  ports:", "  prots: []\n  ports:")
    return small.push({SERVICE: text})


def test_a_finding_that_is_new_blocks(small: Small) -> None:
    """R4."""
    pin = typo(small)
    prepared = small.preparer.prepare(small.promotion(B, pin), pin)
    assert prepared.head
    assert ["prots" in finding.message for finding in prepared.blocking] == [True]


def test_a_finding_that_the_base_has_already_does_not_block(small: Small) -> None:
    """R4: an old finding must not stop what comes."""
    pin = typo(small)
    base = small.push(small.edited(OVERLAY, small.first, pin))
    prepared = small.preparer.prepare(small.promotion(B, pin), base)
    assert prepared.head and not prepared.blocking


def test_what_may_not_change_in_the_cluster_blocks(small: Small) -> None:
    """R4: compared with what the base has rendered."""
    text = FILES[MANIFEST].replace("      app: {{ service }}\n", "      app: {{ service ~ '-2' }}\n", 1)
    pin = small.push({MANIFEST: text.replace("        app: {{ service }}\n", "        app: {{ service ~ '-2' }}\n")})
    blocking = small.preparer.prepare(small.promotion(B, pin), pin).blocking
    assert "immutable-field" in {finding.check for finding in blocking}


def test_a_missing_value_is_named_with_its_place(small: Small) -> None:
    """P9."""
    base = small.push(
        {
            TEMPLATE: FILES[TEMPLATE].replace("  env:", "  team: {description: Who., type: string}\n  env:"),
            "environments/test/services/web.yaml": f"values: {{team: shop}}\nrelease:\n  image: {A}\n",
        }
    )
    rendered = small.preparer.render(small.promotion(B, base), base)
    assert rendered.missing and rendered.missing.key == "team"
    assert rendered.missing.where.path.startswith("environments/")
    assert small.preparer.prepare(small.promotion(B, base), base).head is None


def test_what_cannot_be_rendered_says_why(small: Small) -> None:
    base = small.fetch()
    gone = "0123456789" * 4
    (move,) = small.promotion().moves
    promotion = replace(small.promotion(), moves=(replace(move, release=Release(B, gone)),))
    assert small.preparer.prepare(promotion, base).head is None
    assert gone[:12] in (small.preparer.render(promotion, base).error or "")


def test_a_place_that_is_gone_is_an_error_and_not_a_crash(small: Small) -> None:
    promotion = small.promotion()
    base = small.push(dict.fromkeys([OVERLAY, *small.git.tree(small.first).files(RENDERED)]))
    assert small.preparer.prepare(promotion, base).head is None and small.preparer.render(promotion, base).error


# --- R2: whose head it is


def inputs_if_ours(small: Small, head: str, promotion: Promotion) -> str | None:
    places = [(promotion.environment, service) for service in promotion.services]
    found = Preparer(small.clone).reproduce(head, small.clone.parents(head)[0], places)
    return found.inputs if found and found.releases == {one.service: one.to12 for one in promotion.identities} else None


def stranger(small: Small, parent: str, edits: dict[str, bytes | None]) -> str:
    return small.clone.commit(parent, edits, "Look away")


def test_the_bots_own_head_is_ours_and_names_its_inputs(small: Small) -> None:
    promotion = small.promotion()
    prepared = small.preparer.prepare(promotion, small.fetch())
    assert prepared.head
    assert inputs_if_ours(small, prepared.head, promotion) == prepared.inputs


def test_an_overlay_that_smuggles_another_value_is_not_ours(small: Small) -> None:
    """It renders to exactly what is in the head, but the release is not all that differs (P7)."""
    promotion, base = small.promotion(), small.fetch()
    text = f"values:\n  env: {{MODE: evil}}\n\nrelease:\n  image: {B}\n  revision: {small.first}\n"
    smuggled = small.push({OVERLAY: text})
    edits = {change.path: small.clone.blob(change.new) for change in small.clone.changes(base, smuggled) if change.new}
    head = stranger(small, base, dict(edits))
    assert inputs_if_ours(small, head, promotion) is None


@pytest.mark.parametrize(
    "overlay",
    [
        b"release: [\n",
        b"\xff\xfe",
        b"values: {}\n",
        b"release:\n  image: nothing/like:it\n",
        b"release:\n  image: ghcr.io/acme/web:1.4.2\n  revision: " + b"0" * 40 + b"\n",
        b"&a values: {env: {MODE: prod}}\nrelease: {image: 'ghcr.io/acme/web:1.4.2'}\n",
        b"# " + b"x" * (16 * 2**20) + b"\n",
        None,
    ],
    ids=["broken", "no-text", "no-release", "other", "no-such-pin", "anchors", "huge", "removed"],
)
def test_whatever_a_stranger_writes_is_not_ours_and_stops_nothing(small: Small, overlay: bytes | None) -> None:
    promotion = small.promotion()
    head = stranger(small, small.fetch(), {OVERLAY: overlay})
    assert inputs_if_ours(small, head, promotion) is None


def test_a_file_beside_what_is_rendered_is_not_ours(small: Small) -> None:
    promotion = small.promotion()
    prepared = small.preparer.prepare(promotion, small.fetch())
    assert prepared.head
    edits = {
        change.path: small.clone.blob(change.new)
        for change in small.clone.changes(small.fetch(), prepared.head)
        if change.new
    }
    head = stranger(small, small.fetch(), {**edits, "README.md": b"evil\n"})
    assert inputs_if_ours(small, head, promotion) is None
