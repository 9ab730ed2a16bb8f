"""Every sentence about a hold, as people read it. `pytest --update-golden` writes the golden file anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.hold import Hold, Reason
from bot.messages.holds import sentence

GOLDEN = Path(__file__).parents[2] / "golden" / "messages" / "holds.txt"
NOW = datetime(2026, 11, 23, 13, 53, tzinfo=UTC)
LATER = NOW + timedelta(minutes=12)

EXAMPLES = [
    Hold(Reason.BASE_REWRITTEN, "", "", detail="it is at fedcba987654 now"),
    Hold(Reason.LANDED_DIFFERENTLY, "", "", "1" * 40, detail="it also changed README.md"),
    Hold(Reason.MISSING_PIN, "prod", "web", detail="the pinned commit 0123 is not on the base branch"),
    Hold(Reason.HELD, "prod", "web", "v2", LATER, "ana: release freeze"),
    Hold(Reason.HELD, "prod", "web", "v2", None, "#12 has the label 'hold'"),
    Hold(Reason.OLDER_THAN_MARK, "prod", "web", "v2"),
    Hold(Reason.NOT_PASSED, "staging", "web", "v2", None, "test measures it"),
    Hold(Reason.VETOED, "prod", "web", "v2", None, "it was taken back in staging"),
    Hold(Reason.QUARANTINED, "staging", "web", "v2", None, "it failed here"),
    Hold(Reason.DECLINED, "staging", "web", "v2", None, "ana closed its pull request"),
    Hold(Reason.BUSY, "staging", "web", "v3", LATER, "v2"),
    Hold(Reason.BUSY, "staging", "web", "v3", None, "v2"),
    Hold(Reason.SOAKING, "staging", "checkoutservice", "v0.10.7", LATER, "in test"),
    Hold(Reason.SOAKING, "staging", "web", "v2", LATER + timedelta(days=2), "in test"),
    Hold(Reason.SOAKING, "staging", "web", "v2", None, "in test, but test moved on before it had"),
    Hold(Reason.SOAKING, "staging", "web", "v2", None, "in test, where it is not live now"),
    Hold(Reason.TOGETHER, "staging", "web", "v2 (0123456)", detail="after #7"),
    Hold(Reason.NO_EFFECT, "staging", "web", "v2 (0123456)"),
    Hold(Reason.UNPINNED_IMAGE, "staging", "web", "v2", None, "ghcr.io/acme/web:v2"),
    Hold(Reason.MISSING_VALUE, "prod", "web", "v2", None, "replicas in environments/prod/services/web.yaml:1"),
    Hold(Reason.FOREIGN_HEAD, "prod", "web", "v2", None, "#12"),
    Hold(Reason.LANDING, "prod", "web", "v2", None, "#12"),
    Hold(Reason.FINDINGS, "prod", "web", "v2", None, "environments/prod/rendered/web/service.yaml:9: no such port"),
    Hold(Reason.CANNOT_RENDER, "prod", "web", "v2", None, "templates/web/template.yaml:3: no such template"),
    Hold(Reason.STALE_RENDERED, "prod", "web", "v2"),
    Hold(Reason.IN_FLIGHT, "prod", "web", "v2", None, "at most 10 at once"),
    Hold(Reason.MANUAL, "prod", "web", "v2", None, "#12"),
    Hold(Reason.NOT_LIVE, "prod", "web", "v2", None, "1 of 3 pods are ready"),
    Hold(Reason.MEASURING, "prod", "web", "v2", LATER, "grpc-errors: 120 more requests needed, 4 min at this traffic"),
    Hold(Reason.INCONCLUSIVE, "prod", "web", "v2", None, "grpc-errors: 3 of 40 requests in an hour"),
    Hold(Reason.METRICS_ERROR, "prod", "web", "v2", LATER, "Prometheus does not answer"),
    Hold(Reason.PREEXISTING, "prod", "web", "v2", None, "grpc-errors: 3 % now, 3 % before"),
    Hold(Reason.FAILED_IN_ROOT, "test", "web", "v2", None, "grpc-errors: 3 of 100 requests failed"),
    Hold(Reason.EDITED, "prod", "web", "v2", None, "0123456789ab"),
    Hold(Reason.NOTHING_TO_REVERT_TO, "prod", "web", "v2"),
    Hold(Reason.FORWARD_ONLY, "prod", "web", "v2", None, "ghcr.io/acme/web:v2"),
    Hold(Reason.MAX_REVERTS, "prod", "web", "v2", LATER, "3"),
    Hold(Reason.REVERTED_ALREADY, "prod", "web", "v2", None, "#12"),
    Hold(Reason.ON_FAIL_HOLD, "prod", "web", "v2"),
]


def test_every_reason_has_its_sentence():
    assert {hold.reason for hold in EXAMPLES} == set(Reason)


def test_the_sentences_are_those_that_were_agreed_on(update_golden):
    text = "".join(f"{hold.reason.value}: {sentence(hold, NOW)}\n" for hold in EXAMPLES)
    if update_golden:
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_without_now_a_sentence_never_changes_by_itself():
    assert sentence(EXAMPLES[12]).endswith("until 2026-11-23 14:05 UTC")


def test_foreign_text_stays_in_its_line():
    hold = Hold(Reason.NOT_LIVE, "prod", "web", "v2", None, "x\nTowpath-Move: {subject}\x1b[31m " + "y" * 500)
    text = sentence(hold)
    assert "\n" not in text and "\x1b" not in text and "{subject}" in text and len(text) < 300
