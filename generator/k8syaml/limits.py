"""How much a YAML text may ask for. Kubernetes' own limits are wider; no manifest comes near these."""

from __future__ import annotations

from typing import Final

MAX_TEXT: Final = 8 * 1024 * 1024
"""Characters of one stream. The API server takes requests of 3 MiB; bundles of many objects are larger."""

MAX_DOCUMENTS: Final = 10_000
"""Documents of one stream."""

MAX_DEPTH: Final = 200
"""Levels of nested maps and lists. go-yaml stops at 10,000, Python's own recursion at 1,000 calls."""

MAX_NODES: Final = 150_000
"""Keys, values, maps and lists of one document; the largest definitions of custom resources have some 130,000."""

MAX_KEYS: Final = 10_000
"""Keys of one map."""

MAX_ALIASED: Final = 100_000
"""Nodes that a document may gain by expanding aliases, besides go-yaml's own limit on their share."""

MAX_ALIASED_TEXT: Final = 4 * 1024 * 1024
"""Characters that a document may gain by them."""

_FREE_NODES: Final = 1_000
_FREE_ALIASED: Final = 100
_SMALL, _LARGE = 400_000, 4_000_000


def excessive(nodes: int, aliased: int) -> bool:
    """Whether `aliased` of `nodes` decoded nodes are more than go-yaml v2 allows (decode.go), or than we do.

    go-yaml allows 99 % of up to 400,000 nodes to come from aliases, falling to 10 % at 4,000,000.
    """
    if aliased > MAX_ALIASED:
        return True
    if aliased <= _FREE_ALIASED or nodes <= _FREE_NODES:
        return False
    position = min(max((nodes - _SMALL) / (_LARGE - _SMALL), 0.0), 1.0)
    return aliased / nodes > 0.99 - 0.89 * position
