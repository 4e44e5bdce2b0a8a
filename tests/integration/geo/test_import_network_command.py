from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.cli import main
from backend.geo.network.opening import open_network
from backend.geo.network.provider import PROFILES
from tests.integration.geo.test_odd_ground import WAYS, write_extract


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    return write_extract(tmp_path / "coast.osm.pbf", WAYS)


def tuyen(data: Path, *words: str) -> Result:
    return CliRunner().invoke(
        main, ["import", "network", *words], env={"TUYEN_DATA_DIR": str(data)}
    )


def test_several_profiles_are_built_in_one_go_with_time_and_disk(
    extract: Path, tmp_path: Path
) -> None:
    wanted = [word for profile in PROFILES for word in ("--profile", profile)]
    first = tuyen(tmp_path, str(extract), *wanted, "--profile", "car")
    assert first.exit_code == 0, first.output
    for profile in PROFILES:
        assert first.stdout.count(f"Street network “{profile}” built in") == 1
        assert f"“{profile}” from coast.osm.pbf" in first.stderr
        assert not open_network(tmp_path / "network", profile).is_estimate
    for shown in ("reading streets", "building shortcuts"):
        assert shown in first.stderr
    assert "MB on disk" in first.stdout
    assert "GB of disk are left" in first.stdout

    again = tuyen(tmp_path, str(extract), "--profile", "foot")
    assert "“foot” was built before" in again.stdout


def test_without_a_profile_it_is_the_car(extract: Path, tmp_path: Path) -> None:
    told = tuyen(tmp_path, str(extract))
    assert told.exit_code == 0, told.output
    assert [path.name for path in (tmp_path / "network").glob("*.json")] == ["car.json"]


def test_what_cannot_be_built_is_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "list.osm.pbf"
    text.write_text("name,lon,lat\n")
    told = tuyen(tmp_path, str(text))
    assert told.exit_code == 1
    assert "Error: " in told.stderr
    assert "Traceback" not in told.output
    assert tuyen(tmp_path, str(text), "--profile", "jetpack").exit_code == 2
    assert tuyen(tmp_path, str(tmp_path / "nothing.osm.pbf")).exit_code == 2
