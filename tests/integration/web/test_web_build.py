"""The pages' libraries: put in place from the lock file, left alone when up to date."""

from collections.abc import Iterator

import pytest

from backend.web.build import BuildError, build
from backend.web.libraries import FILES, STAMP, is_built, target_of


def test_a_build_puts_every_file_in_place_and_then_does_nothing() -> None:
    build()
    assert is_built()
    assert all(target_of(name, file).is_file() for name, files in FILES.items() for file in files)
    said: list[str] = []
    assert build(said.append) is False
    assert said == ["The pages' libraries are up to date."]


@pytest.fixture
def stale() -> Iterator[None]:
    build()
    stamp = STAMP.read_text()
    STAMP.write_text("made from another lock file")
    yield
    STAMP.write_text(stamp)


@pytest.mark.usefixtures("stale")
def test_another_lock_file_makes_the_build_stale() -> None:
    assert not is_built()


@pytest.mark.usefixtures("stale")
def test_a_missing_npm_is_told_with_the_way_out() -> None:
    with pytest.raises(BuildError, match=r"install Node\.js"):
        build(npm="npm-that-is-not-there")
