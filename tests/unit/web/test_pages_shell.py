"""The page's shell and its words: strict policy, both languages complete, nothing from outside."""

import json
import re
from pathlib import Path

import pytest

from backend.api.languages import LANGUAGES, preferred_language
from backend.web.libraries import FILES, LOCK_FILE, MODULES, STATIC_DIR, VENDOR_DIR
from backend.web.pages import import_map, render_map_page, security_headers

OWN = [file for file in STATIC_DIR.rglob("*") if file.is_file() and VENDOR_DIR not in file.parents]
SCRIPTS = [file for file in OWN if file.suffix == ".js"]


def words(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC_DIR / "i18n" / f"{language}.json").read_text())
    return found


def test_the_policy_allows_own_files_only() -> None:
    policy = security_headers()["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert "default-src 'none'" in policy


def test_the_only_inline_script_is_the_hashed_import_map() -> None:
    page = render_map_page("vi")
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", page, re.DOTALL)
    assert inline == [import_map()]
    assert not re.search(r"\son\w+=|style=|javascript:", page)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en-GB,en;q=0.9", "en"),
        ("fi,en;q=0.5", "en"),
        ("", "vi"),
    ],
)
def test_the_language_follows_the_browser(accepted: str, language: str) -> None:
    assert preferred_language(accepted) == language


def used_keys() -> set[str]:
    text = "\n".join(file.read_text() for file in SCRIPTS) + render_map_page("vi")
    return set(re.findall(r"\bt\('([\w.]+)'", text)) | set(
        re.findall(r'data-t(?:-label)?="(\w+)"', text)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_page_is_in_the_dictionary(language: str) -> None:
    known = words(language)
    assert used_keys() - known.keys() == set()
    assert all(known.values())


def test_both_languages_fill_in_the_same_names() -> None:
    vietnamese, english = words("vi"), words("en")
    for key in vietnamese.keys() & english.keys():
        names = [set(re.findall(r"\{(\w+)\}", text[key])) for text in (vietnamese, english)]
        assert names[0] == names[1], key
    # Problems and categories that English takes from the service need words in Vietnamese only.
    missing = vietnamese.keys() ^ english.keys()
    assert all(key.startswith(("problem.", "category.")) for key in missing)


def test_scripts_put_no_markup_into_the_page() -> None:
    for file in SCRIPTS:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", file.read_text()
        ), file


def test_nothing_is_asked_from_outside() -> None:
    for file in OWN:
        addresses = set(re.findall(r"https?://[\w./-]+", file.read_text()))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file


def test_the_lock_file_names_hashes_and_no_address() -> None:
    lock = json.loads(LOCK_FILE.read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not any("resolved" in one for one in packages.values())
    assert {f"node_modules/{name}" for name in FILES} <= packages.keys()
    assert "registry" not in LOCK_FILE.read_text()


def test_every_bare_name_is_a_file_that_the_build_copies() -> None:
    copied = {f"{package}/{Path(file).name}" for package, files in FILES.items() for file in files}
    assert set(MODULES.values()) <= copied
