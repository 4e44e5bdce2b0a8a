"""Papers are printed in turn, and a basemap that cannot be read keeps nobody from printing."""

from pathlib import Path

import pytest

from backend.api.problems import Unavailable
from backend.press.turns import Press


def test_who_finds_the_press_full_is_sent_away_and_not_kept_waiting() -> None:
    with pytest.raises(Unavailable) as refused:
        Press(seats=0).print_in_turn(lambda: b"paper")
    assert (refused.value.code, refused.value.headers) == ("busy", {"Retry-After": "5"})
    press = Press(seats=1)
    assert [press.print_in_turn(lambda: b"paper") for _ in "12"] == [b"paper"] * 2


def test_a_paper_that_could_not_be_made_leaves_its_seat() -> None:
    press = Press(seats=1)

    def fail() -> bytes:
        raise OSError("full")

    for _ in "12":
        with pytest.raises(OSError, match="full"):
            press.print_in_turn(fail)
    assert press.print_in_turn(lambda: b"paper") == b"paper"


def test_a_damaged_basemap_leaves_the_sheet_without_one(tmp_path: Path) -> None:
    assert Press.find_basemap(tmp_path / "none.pmtiles") is None
    damaged = tmp_path / "damaged.pmtiles"
    damaged.write_bytes(b"PMTiles" * 40)
    assert Press.find_basemap(damaged) is None
