"""The demo's extract of central Helsinki, and what is built from it once a run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.geo.basemap.build import BasemapInfo, build_basemap
from backend.geo.basemap.reader import Basemap
from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.network.osrm import OsrmNetwork
from backend.geo.osm import Place, read_places
from backend.geo.vocabulary import LonLat


@pytest.fixture(scope="session")
def helsinki() -> Path:
    return Path(__file__).parents[3] / "backend" / "demo" / "data" / "helsinki.osm.pbf"


@pytest.fixture(scope="session")
def places(helsinki: Path) -> list[Place]:
    return list(read_places(helsinki))


@pytest.fixture(scope="session")
def points(places: list[Place]) -> list[LonLat]:
    """Fifty places spread over the whole file."""
    return [LonLat(place.lon, place.lat) for place in places[:: len(places) // 50]][:50]


@pytest.fixture(scope="session")
def networks(helsinki: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the car network, built once."""
    folder = tmp_path_factory.mktemp("networks")
    build_network(helsinki, folder)
    return folder


@pytest.fixture
def network(networks: Path) -> Iterator[OsrmNetwork]:
    opened = open_network(networks)
    assert isinstance(opened, OsrmNetwork)
    with opened:
        yield opened


@pytest.fixture(scope="session")
def basemap_build(
    helsinki: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, BasemapInfo]:
    out = tmp_path_factory.mktemp("basemap") / "basemap.pmtiles"
    return out, build_basemap(helsinki, out)


@pytest.fixture
def basemap(basemap_build: tuple[Path, BasemapInfo]) -> Iterator[Basemap]:
    with Basemap(basemap_build[0]) as opened:
        yield opened


@pytest.fixture
def damaged(helsinki: Path, tmp_path: Path) -> dict[str, Path]:
    """The files people upload by mistake."""
    files = {
        "cut": helsinki.read_bytes()[:200_000],
        "text": b"name,lon,lat\nKahvila,24.9,60.1\n",
        "empty": b"",
    }
    paths = {name: tmp_path / f"{name}.osm.pbf" for name in files}
    for name, content in files.items():
        paths[name].write_bytes(content)
    return paths
