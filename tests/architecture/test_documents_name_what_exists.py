"""Documents do not outlive what they speak of: paths, modules, links, make targets, contracts."""

import re
import tomllib
from pathlib import Path

import pytest

from backend.worker import TASKS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ROOMS = {path.parent.name for path in (ROOT / "backend").glob("*/__init__.py")}
TASK_NAMES = {task.name for task in TASKS}


def _names(document: Path) -> set[str]:
    """Return what stands between single backticks outside code blocks."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


def _ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("document", DOCUMENTS, ids=_ids(DOCUMENTS))
def test_every_path_in_a_document_exists(document: Path) -> None:
    paths = {
        name
        for name in _names(document)
        if re.fullmatch(r"(backend|mobile_client|tests|docs|deploy|scripts)/[\w./*-]*", name)
    }
    assert not [path for path in paths if not list(ROOT.glob(path))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=_ids(DOCUMENTS))
def test_every_module_in_a_document_exists(document: Path) -> None:
    """Names such as `visits.service.record_check_in`: a module, then perhaps what it defines."""
    missing = []
    for name in _names(document):
        parts = re.sub(r"^backend\.", "", name).split(".")
        if (
            name in TASK_NAMES
            or parts[0] not in ROOMS
            or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", name)
        ):
            continue
        place = ROOT / "backend"
        while parts and (place / parts[0]).is_dir():
            place /= parts.pop(0)
        if parts and (place / f"{parts[0]}.py").is_file():
            place = place / f"{parts.pop(0)}.py"
        if parts and not (place.is_file() and f"def {parts[0]}(" in place.read_text()):
            missing.append(name)
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=_ids(DOCUMENTS))
def test_every_link_in_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
    local = [link for link in links if "://" not in link]
    assert not [link for link in local if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=_ids(DOCUMENTS))
def test_every_make_target_in_a_document_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    # At the start of a line of a code block, or between backticks.
    named = re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(), re.MULTILINE)
    assert not set(named) - targets


def test_every_setting_is_documented() -> None:
    settings = (ROOT / "backend" / "settings.py").read_text()
    body = settings.partition("class Settings(")[2].partition("@property")[0]
    fields = re.findall(r"^    (\w+): ", body, re.MULTILINE)
    named = _names(ROOT / "docs" / "OPERATIONS.md")
    assert "threads" in fields
    assert not {f"TUYEN_{field.upper()}" for field in fields} - named


def test_every_decision_names_a_check() -> None:
    contracts = {
        one["id"]
        for one in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
            "contracts"
        ]
    }
    decisions = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    assert decisions
    for decision in decisions:
        check = decision.read_text().partition("**Check.**")[2]
        named = set(re.findall(r"`([^`]+)`", check))
        assert {name for name in named if name.startswith("tests/")} | (named & contracts), decision


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(re.findall(r"\((0\d{3}-[\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("0*.md")}
