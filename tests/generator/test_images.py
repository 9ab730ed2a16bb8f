import pytest

from generator.images import full_repository, is_allowed, mirrored
from generator.release import parse_image


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("redis", "docker.io/library/redis"),
        ("acme/web", "docker.io/acme/web"),
        ("docker.io/redis", "docker.io/library/redis"),
        ("index.docker.io/acme/web", "docker.io/acme/web"),
        ("docker.io/library/redis", "docker.io/library/redis"),
        ("localhost/web", "localhost/web"),
        ("registry:5000/web", "registry:5000/web"),
        ("ghcr.io/acme/web", "ghcr.io/acme/web"),
    ],
)
def test_a_repository_gets_its_registry(written: str, full: str) -> None:
    assert full_repository(written) == full


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ghcr.io/acme/web:1@sha256:" + "a" * 64, "mirror.internal/ghcr/acme/web:1@sha256:" + "a" * 64),
        ("ghcr.io/special/web:1", "mirror.internal/special/web:1"),
        ("ghcr.io/specialist/web:1", "mirror.internal/ghcr/specialist/web:1"),
        ("ghcr.io.evil.com/web:1", "ghcr.io.evil.com/web:1"),
        ("redis:7", "mirror.internal/hub/library/redis:7"),
        ("acme/web:1", "mirror.internal/hub/acme/web:1"),
        ("quay.io/acme/exact:1", "mirror.internal/one:1"),
        ("quay.io/acme/other:1", "quay.io/acme/other:1"),
    ],
)
def test_the_longest_prefix_at_a_slash_is_replaced(written: str, expected: str) -> None:
    mirrors = {
        "ghcr.io": "mirror.internal/ghcr",
        "ghcr.io/special": "mirror.internal/special",
        "docker.io": "mirror.internal/hub",
        "quay.io/acme/exact": "mirror.internal/one",
    }
    assert str(mirrored(parse_image(written), mirrors)) == expected


def test_without_a_mirror_the_image_stays_as_written() -> None:
    assert str(mirrored(parse_image("redis:7"), {})) == "redis:7"


def test_patterns_match_the_whole_reference_as_written() -> None:
    assert is_allowed("anything:1", [])
    assert is_allowed("ghcr.io/acme/team/web:1", ["quay.io/*", "ghcr.io/acme/*"])
    assert not is_allowed("evil.com/ghcr.io/acme/web:1", ["ghcr.io/acme/*"])
    assert not is_allowed("GHCR.IO/acme/web:1", ["ghcr.io/acme/*"])
    assert not is_allowed("redis:7", ["docker.io/library/*"])
