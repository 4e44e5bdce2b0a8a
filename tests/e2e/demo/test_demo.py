"""The main job end to end, as a newcomer runs it: from nothing, and a second time."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

_SECONDS = 300


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder that PostgreSQL's own user can reach, also when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="tuyen-demo-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _tuyen(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TUYEN_")
    }
    return subprocess.run(
        [sys.executable, "-m", "backend", *arguments],
        env={**environment, "TUYEN_DATA_DIR": str(data_dir), "TUYEN_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def test_the_demo_runs_from_nothing_and_again(data_dir: Path) -> None:
    first = _tuyen(data_dir, "demo", "--once")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "The server is stopped. Offline: 3 visits" in first.stdout
    assert "The manager sees 3 visits done, with photo and voice note" in first.stdout
    assert "An's next four weeks: " in first.stdout
    assert "designed anew: work and revenue within " in first.stdout
    assert "ground: buildings, roads and places in " in first.stdout
    assert "is worth, on paper" in first.stdout
    assert [one.stat().st_size > 10_000 for one in data_dir.glob("demo/reports/*.pdf")] == [True]
    assert "Password:" in first.stdout
    second = _tuyen(data_dir, "demo", "--once")
    assert second.returncode == 0, second.stdout + second.stderr
    assert "prospects: 0 taken" in second.stdout
    assert "designed anew" not in second.stdout
    assert not list((data_dir / "demo" / "pg" / "data").glob("postmaster.pid")), (
        "the cluster still runs"
    )


def test_a_broken_extract_ends_the_demo_with_a_sentence(data_dir: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"this is no map")
    ended = _tuyen(data_dir, "demo", "--once", "--osm", str(broken))
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "broken.osm.pbf" in ended.stderr


def test_doctor_names_what_is_there(data_dir: Path) -> None:
    found = _tuyen(data_dir, "doctor")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "PostGIS" in found.stdout


def test_a_setting_that_cannot_be_used_is_named(data_dir: Path) -> None:
    environment = {**os.environ, "TUYEN_DATA_DIR": str(data_dir), "TUYEN_THREADS": "many"}
    command = [sys.executable, "-m", "backend", "doctor"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "TUYEN_THREADS" in ended.stderr


def test_a_demo_that_is_ended_takes_its_service_and_database_along(data_dir: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {**os.environ, "TUYEN_DATA_DIR": str(data_dir), "TUYEN_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-m", "backend", "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        assert any("Service is up" in line for line in demo.stdout)
        demo.terminate()
        assert demo.wait(_SECONDS) == 128 + signal.SIGTERM
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)), "the service still answers"
    assert not (data_dir / "demo" / "pg" / "data" / "postmaster.pid").exists()
