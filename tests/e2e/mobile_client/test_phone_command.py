import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mobile_client", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_signing_in_without_a_server_says_so_and_opens_no_window(tmp_path: Path) -> None:
    server = ("--server", "http://127.0.0.1:9", "--folder", str(tmp_path))
    done = run(*server, "--email", "lan@example.com", "--password", "x")
    assert done.returncode == 1
    assert done.stderr.startswith("Signing in as lan@example.com failed: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--size", "large", "write it like 412x915"),
        ("--fake-device", "here", "write longitude,latitude"),
        ("--fake-device", "60.17,124.94", "longitude comes first"),
        ("--lang", "fi", "invalid choice"),
    ],
)
def test_a_bad_option_is_explained(option: str, value: str, told: str) -> None:
    done = run(option, value)
    assert done.returncode == 2
    assert told in done.stderr
