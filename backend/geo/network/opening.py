"""Opens the street network that was built last, or the marked estimate that stands in for it."""

from pathlib import Path

from backend.geo.network.build import GRAPH_NAME, read_info, read_pointer
from backend.geo.network.crow_fly import CrowFlyNetwork
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.network.provider import StreetNetwork, check_profile


def open_network(folder: Path, profile: str = "car") -> StreetNetwork:
    """Open the profile's network in use; without a whole one, estimates with `why` set."""
    check_profile(profile)
    pointer = read_pointer(folder, profile)
    if pointer is None:
        return CrowFlyNetwork(
            profile,
            why=f"No street network has been built for “{profile}” yet: travel times are "
            "estimated from the straight line. Import an OpenStreetMap extract to build it.",
        )
    target = folder / f"{profile}-{pointer.version}"
    if read_info(target) is None:
        return CrowFlyNetwork(
            profile,
            why=f"The street network for “{profile}” is incomplete: travel times are estimated "
            "from the straight line. Build it again from the extract.",
        )
    return OsrmNetwork(target / GRAPH_NAME, profile=profile, version=pointer.version)
