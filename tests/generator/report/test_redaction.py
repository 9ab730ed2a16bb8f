"""A password never leaves by way of an error, wherever in it it stands."""

from __future__ import annotations

import json

from generator.errors import InputError, Location, redact
from generator.finding import Finding, Severity
from generator.report.json import error_json, finding_json
from generator.report.text import error_text, finding_text

URL = "http://user:hunter2@prom:9090"
WHERE = Location("environments/test/environment.yaml", 7, 1, f'metrics: {{prometheus: "{URL}"}}')


def test_in_text_and_in_json():
    error = InputError(f"cannot use {URL}", where=WHERE)
    finding = Finding("bad-value", Severity.ERROR, f"got string {URL}", WHERE)
    texts = (error_text(error), finding_text(finding), json.dumps(error_json(error)), json.dumps(finding_json(finding)))
    for text in texts:
        assert "hunter2" not in text
        assert "http://***@prom:9090" in text


def test_other_addresses_stay():
    assert (
        redact("see https://example.com/a@b and ada@example.com") == "see https://example.com/a@b and ada@example.com"
    )


def test_what_is_secret_in_a_query_is_hidden_and_the_rest_stays():
    found = redact("see https://h/x?page=1&X-Amz-Signature=abc&token=abc, or 'https://h/y?monkey_key=abc'")
    assert found == "see https://h/x?page=1&X-Amz-Signature=***&token=*** or 'https://h/y?monkey_key=***'"
    assert redact("?key=abc is no address") == "?key=abc is no address"
