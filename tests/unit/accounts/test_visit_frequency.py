import pytest

from backend.accounts.frequency import (
    Frequency,
    FrequencyError,
    frequency_of_days,
    parse_frequency,
)


@pytest.mark.parametrize(
    ("text", "frequency"),
    [
        ("1", Frequency(1, 4)),
        ("1.1", Frequency(1, 4, 0)),
        ("1.4", Frequency(1, 4, 3)),
        ("2", Frequency(1, 2)),
        ("2.1", Frequency(1, 2, 0)),
        ("2.2", Frequency(1, 2, 1)),
        ("4", Frequency(1, 1)),
        ("8", Frequency(2, 1)),
        ("12", Frequency(3, 1)),
        ("24", Frequency(6, 1)),
        ("every 3 weeks", Frequency(1, 3)),
    ],
)
def test_the_notation_of_field_teams_is_read_and_written(text: str, frequency: Frequency) -> None:
    assert parse_frequency(text) == frequency
    assert str(frequency) == text


@pytest.mark.parametrize("text", [" 2,1 ", "2.1\n"])
def test_a_comma_and_spaces_do_no_harm(text: str) -> None:
    assert parse_frequency(text) == Frequency(1, 2, 0)


@pytest.mark.parametrize(
    "text",
    ["", "0", "3", "1.5", "2.3", "4.1", "32", "-1", "every 0 weeks", "every 53 weeks", "F4", "٤"],
)
def test_a_frequency_that_nobody_can_keep_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(FrequencyError, match=r"\.$"):
        parse_frequency(text)


def test_a_fixed_week_is_only_for_what_divides_four() -> None:
    with pytest.raises(FrequencyError, match="only every 2 and 4 weeks"):
        Frequency(1, 3, 0)


@pytest.mark.parametrize(
    ("days", "text"),
    [(1, "20"), (2, "16"), (3, "8"), (7, "4"), (10, "4"), (14, "2"), (21, "every 3 weeks"),
     (28, "1"), (30, "1"), (90, "every 13 weeks"), (730, "every 52 weeks")],
)  # fmt: skip
def test_a_number_of_days_becomes_the_nearest_frequency(days: int, text: str) -> None:
    assert str(frequency_of_days(days)) == text
