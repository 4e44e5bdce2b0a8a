"""What planning needs besides the database: the street networks and the solver processes."""

import threading
from pathlib import Path

from backend.geo.network.opening import open_network
from backend.geo.network.provider import StreetNetwork
from backend.routes.pool import SolverPool

_SOLVERS = 1


class Engines:
    """Street networks by profile, opened when first needed, and a pool of solvers."""

    def __init__(self, network_dir: Path, *, solvers: int = _SOLVERS) -> None:
        self.solvers = SolverPool(solvers)
        self._folder = network_dir
        self._lock = threading.Lock()
        self._networks: dict[str, tuple[float, StreetNetwork]] = {}

    def network(self, profile: str) -> StreetNetwork:
        """Return the profile's network: the one built last, also when that was a moment ago."""
        pointer = self._folder / f"{profile}.json"
        built_at = pointer.stat().st_mtime if pointer.exists() else 0.0
        with self._lock:
            known = self._networks.get(profile)
            if known is not None and known[0] == built_at:
                return known[1]
            network = open_network(self._folder, profile)
            self._networks[profile] = (built_at, network)
        if known is not None:
            known[1].close()
        return network

    def close(self) -> None:
        """End the solver and network processes."""
        self.solvers.close()
        with self._lock:
            for _, network in self._networks.values():
                network.close()
            self._networks.clear()
