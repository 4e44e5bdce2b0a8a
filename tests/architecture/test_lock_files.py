"""The lock files name versions and hashes, and no address: any mirror serves them."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = (ROOT / "requirements.lock").read_text()
PACKAGES = json.loads((ROOT / "package-lock.json").read_text())["packages"]


def test_every_python_package_is_pinned_with_hashes() -> None:
    entries = REQUIREMENTS.replace("\\\n", " ").splitlines()
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ]+ ", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_no_lock_file_names_an_address() -> None:
    assert "://" not in REQUIREMENTS
    assert "index-url" not in REQUIREMENTS
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
    locked = {line.partition("==")[0].partition("[")[0] for line in REQUIREMENTS.splitlines()}
    names = {re.split(r"[\[=<>~!; ]", one)[0].lower().replace("_", "-") for one in wanted}
    assert not names - locked
