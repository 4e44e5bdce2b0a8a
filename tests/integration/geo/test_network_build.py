from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node

from backend.geo.network.build import build_network
from backend.geo.network.opening import open_network
from backend.geo.network.osrm_programs import NetworkBuildError
from backend.geo.network.provider import NetworkError
from backend.geo.vocabulary import LonLat, Progress

STATION, SQUARE = LonLat(24.9414, 60.1719), LonLat(24.9480, 60.1690)


def test_a_second_build_finds_the_first(helsinki: Path, networks: Path, tmp_path: Path) -> None:
    first = build_network(helsinki, networks)
    assert first.was_cached
    assert first.source == helsinki.name
    assert first.bytes > 100_000
    renamed = tmp_path / "upload"
    renamed.write_bytes(helsinki.read_bytes())
    assert build_network(renamed, networks).version == first.version


def test_progress_tells_both_stages(helsinki: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    info = build_network(helsinki, tmp_path, profile="bicycle", on_progress=seen.append)
    stages = {progress.stage.partition(",")[0] for progress in seen}
    assert stages == {"reading streets", "building shortcuts"}
    assert not info.was_cached
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"bicycle-{info.version}",
        "bicycle.json",
    ]
    with pytest.raises(NetworkError):
        build_network(helsinki, tmp_path, profile="jetpack")


@pytest.mark.parametrize(
    ("name", "code"),
    [("cut", "osm_truncated"), ("text", "osm_not_pbf"), ("empty", "osm_not_pbf")],
)
def test_a_damaged_extract_leaves_nothing_behind(
    damaged: dict[str, Path], tmp_path: Path, name: str, code: str
) -> None:
    folder = tmp_path / "networks"
    with pytest.raises(NetworkBuildError) as caught:
        build_network(damaged[name], folder)
    assert caught.value.code == code
    assert damaged[name].name in caught.value.message
    assert not folder.exists() or not list(folder.iterdir())


def test_an_extract_without_streets_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shops-only.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        writer.add_node(Node(id=1, location=(105.8, 21.0), tags={"shop": "yes"}))
    with pytest.raises(NetworkBuildError, match="no street") as caught:
        build_network(path, tmp_path / "networks")
    assert caught.value.code == "no_streets"


def test_without_room_nothing_is_begun(
    helsinki: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.geo.network.build.DISK_FACTOR", 10**12)
    with pytest.raises(NetworkBuildError, match="Make room") as caught:
        build_network(helsinki, tmp_path)
    assert caught.value.code == "disk_full"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_extract_says_so(tmp_path: Path) -> None:
    with pytest.raises(NetworkBuildError, match="no file"):
        build_network(tmp_path / "nothing.osm.pbf", tmp_path)


def test_a_build_that_is_interrupted_stops_its_program(helsinki: Path, tmp_path: Path) -> None:
    def give_up(progress: Progress) -> None:
        if progress.stage.startswith("building"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_network(helsinki, tmp_path, profile="bicycle", on_progress=give_up)
    assert list(tmp_path.iterdir()) == []


def test_without_a_build_the_network_is_a_marked_estimate(tmp_path: Path) -> None:
    network = open_network(tmp_path, "foot")
    assert network.is_estimate
    assert "No street network has been built" in (network.why or "")
    assert network.matrix([STATION, SQUARE]).is_estimate


def test_an_incomplete_build_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "car.json").write_text('{"version":"0123456789abcdef"}')
    (tmp_path / "car-0123456789abcdef").mkdir()
    network = open_network(tmp_path)
    assert network.is_estimate
    assert "incomplete" in (network.why or "")


def test_an_open_network_knows_its_build(networks: Path, helsinki: Path) -> None:
    network = open_network(networks)
    assert not network.is_estimate
    assert network.why is None
    assert network.version == build_network(helsinki, networks).version
    network.close()
