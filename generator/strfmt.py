"""Days, times, UUIDs and bytes as texts, as Kubernetes reads them wherever a text has a format.

Source: k8s.io/kube-openapi, pkg/validation/strfmt; Go's time.ParseDuration.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_HEX: Final = "[0-9a-fA-F]"
_UUID: Final = re.compile(f"{_HEX}{{8}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{12}}")
_BYTES: Final = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})([^\n][0-9]+)?(z|[+-][0-9]{2}:[0-9]{2})")


def is_date(value: str) -> bool:
    """Whether it is a day such as 2026-01-31."""
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value if value[:4] != "0000" else f"0004{value[4:]}")  # a year that Python has not
    except ValueError:
        return False
    return True


def is_date_time(value: str) -> bool:
    """Whether it is a day, T and a time with its distance from UTC."""
    day, _, rest = value.lower().partition("t")
    found = _TIME.fullmatch(rest.partition("t")[0])
    return is_date(day) and found is not None and found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def is_bytes(value: str) -> bool:
    """Whether it is base64 that holds something."""
    return _BYTES.fullmatch(value) is not None


def is_uuid(value: str) -> bool:
    """Whether it is a UUID, perhaps without its dashes."""
    return _UUID.fullmatch(value) is not None
