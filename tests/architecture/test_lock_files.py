"""The lock files name versions and hashes, and no address: any mirror serves them."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.lock").read_text()
PEERS = (ROOT / "requirements-peers.lock").read_text()
PACKAGES = json.loads((ROOT / "package-lock.json").read_text())["packages"]


@pytest.mark.parametrize("lock", [REQUIREMENTS, PEERS])
def test_every_python_package_is_pinned_with_hashes(lock: str) -> None:
    entries = lock.replace("\\\n", " ").splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ]+ ", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_no_lock_file_names_an_address() -> None:
    assert "://" not in REQUIREMENTS + PEERS
    assert "index-url" not in REQUIREMENTS + PEERS
    assert not [name for name, one in PACKAGES.items() if "resolved" in one]


def test_every_npm_package_has_its_hash() -> None:
    assert [name for name, one in PACKAGES.items() if name and "integrity" not in one] == []


def test_every_direct_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["phone"],
        *project["dependency-groups"]["dev"],
    ]
    assert not _names(wanted) - set(_locked(REQUIREMENTS))
    assert not _names(project["dependency-groups"]["peers"]) - set(_locked(PEERS))


def test_peers_change_no_version_that_the_product_is_tested_with() -> None:
    ours, theirs = _locked(REQUIREMENTS), _locked(PEERS)
    assert {name: theirs[name] for name in ours if name in theirs} == {
        name: version for name, version in ours.items() if name in theirs
    }


def _names(wanted: list[str]) -> set[str]:
    return {re.split(r"[\[=<>~!; ]", one)[0].lower().replace("_", "-") for one in wanted}


def _locked(lock: str) -> dict[str, str]:
    pins = [line.partition("==") for line in lock.splitlines() if "==" in line]
    return {name.partition("[")[0]: version.split()[0] for name, _, version in pins}
