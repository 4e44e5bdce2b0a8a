import ast
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import mobile_client
from mobile_client.i18n import Words

ROOT = Path(mobile_client.__file__).parent
NOON = datetime(2025, 11, 21, 10, 5, tzinfo=UTC)
VI, EN = Words("vi", "Europe/Helsinki"), Words("en", "Europe/Helsinki")


def catalogue(locale: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((ROOT / "locale" / f"{locale}.toml").read_text("utf-8"))


def is_spoken(called: str) -> bool:
    """Whether a call of this name says a sentence: `words(...)`, and `self(...)` in Words."""
    return called in {"self", "words"} or called.endswith(".words")


def spoken() -> Iterator[str]:
    """Every sentence said in the sources and kv files."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and is_spoken(ast.unparse(node.func)):
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value
    for path in ROOT.rglob("*.kv"):
        yield from re.findall(r'words\("([^"]+)"\)', path.read_text("utf-8"))


def test_every_sentence_has_a_vietnamese_one() -> None:
    assert set(spoken()) - catalogue("vi")["text"].keys() == set()


def test_no_translation_is_left_over() -> None:
    assert catalogue("vi")["text"].keys() - set(spoken()) == set()


def test_translations_name_the_same_values() -> None:
    def names(text: str) -> list[str]:
        return sorted(re.findall(r"\{(\w+)\}", text))

    wrong = {k: v for k, v in catalogue("vi")["text"].items() if names(k) != names(v)}
    assert wrong == {}


def test_outcomes_are_worded_as_agreed() -> None:
    codes = ("met", "ordered", "not_in", "refused")
    assert [VI.label("outcome", code) for code in codes] == [
        "Đã gặp",
        "Đặt hàng",
        "Đi vắng",
        "Từ chối",
    ]


def test_both_languages_word_the_same_codes() -> None:
    vi, en = catalogue("vi"), catalogue("en")
    for kind in en.keys() & vi.keys():
        assert en[kind].keys() == vi[kind].keys(), kind


def test_an_unknown_code_is_made_readable() -> None:
    assert VI.label("category", "car_repair") == "Car repair"


def test_an_unknown_locale_speaks_vietnamese() -> None:
    assert Words("fi")("Today") == "Hôm nay"


@pytest.mark.parametrize(
    ("metres", "vi", "en"),
    [
        (7.4, "7 m", "7 m"),
        (99.6, "100 m", "100 m"),
        (354, "350 m", "350 m"),
        (994, "990 m", "990 m"),
        (997, "1,0 km", "1.0 km"),
        (1240, "1,2 km", "1.2 km"),
        (14_400, "14 km", "14 km"),
    ],
)
def test_distances_are_short_and_use_the_locales_mark(metres: float, vi: str, en: str) -> None:
    assert (VI.distance(metres), EN.distance(metres)) == (vi, en)


def test_durations_are_in_hours_and_minutes() -> None:
    assert [VI.duration(s) for s in (1500, 4800)] == ["25 phút", "1 giờ 20 phút"]


def test_times_are_on_the_wall_clock_of_the_users_day() -> None:
    assert VI.time(NOON) == "12:05"


def test_a_moment_of_another_day_carries_its_date() -> None:
    later = datetime(2025, 11, 22, 9, 0, tzinfo=UTC)
    assert (VI.moment(NOON, NOON), VI.moment(NOON, later)) == ("12:05", "21/11, 12:05")


def test_weekdays_are_spoken() -> None:
    friday = date(2025, 11, 21)
    assert (VI.weekday(friday), EN.weekday(friday)) == ("Thứ Sáu, 21/11", "Friday, 21 Nov")


def test_recordings_are_counted_in_minutes_and_seconds() -> None:
    assert [VI.recording(s) for s in (7.9, 65)] == ["0:07", "1:05"]
