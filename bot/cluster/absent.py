"""The cluster of an environment that nothing was connected for: it cannot be asked, and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.cluster.interface import ServiceState
from generator.errors import OutsideError


class AbsentCluster:
    """A Cluster port without a cluster. Nothing is ever live there, so nothing is measured and nothing moves on."""

    def services(self, environment: str, names: Sequence[str]) -> Mapping[str, ServiceState]:
        """Raises `OutsideError`, always."""
        raise OutsideError(
            f"no cluster is connected for {environment}",
            next="this version reads simulated clusters only: run with --simulate",
        )
