"""The pages' libraries: put in place from the lock file, left alone when up to date."""

import pytest

from backend.web import build as build_module
from backend.web.build import BuildError, build
from backend.web.libraries import FILES, STAMP, is_built, target_of


def test_a_build_puts_every_file_in_place_and_then_does_nothing() -> None:
    build()
    assert is_built()
    assert all(target_of(name, file).is_file() for name, files in FILES.items() for file in files)
    said: list[str] = []
    assert build(said.append) is False
    assert said == ["The pages' libraries are up to date."]


def test_a_missing_npm_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_module, "is_built", lambda: False)
    with pytest.raises(BuildError, match="install Node.js"):
        build(npm="npm-that-is-not-there")


def test_another_lock_file_makes_the_build_stale() -> None:
    build()
    stamp = STAMP.read_text()
    try:
        STAMP.write_text("another")
        assert not is_built()
    finally:
        STAMP.write_text(stamp)
    assert is_built()
