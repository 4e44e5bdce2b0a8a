"""How often an account is visited, as field teams write it: visits in four weeks.

`1` to `28` count visits in four weeks; `1.3` is the third week of four, `2.1` odd and `2.2` even
weeks; `every 3 weeks` is what does not divide four.
"""

import re

import msgspec

CYCLE_WEEKS = 4
"""What the short notation counts in."""

MAX_EVERY_WEEKS = 52
"""Once a year is the rarest visit that is planned."""

_DAYS_A_WEEK = 7
_MOST_A_WEEK = 5
_SHORT = re.compile(r"(\d{1,2})(?:[.,]([1-9]))?", re.ASCII)
_EVERY = re.compile(r"every (?:(\d{1,2}) weeks|week)", re.ASCII | re.IGNORECASE)


class FrequencyError(ValueError):
    """A frequency that nobody can keep; the sentence says what to write instead."""


class Frequency(msgspec.Struct, frozen=True, order=True):
    """So many visits in every n-th week; `week` is which one of the n, from 0, None for any.

    More than one visit is only for every week, a fixed week only for every two or four.
    """

    visits: int
    every_weeks: int
    week: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.every_weeks <= MAX_EVERY_WEEKS:
            raise FrequencyError(
                f"A visit every {self.every_weeks} weeks; give 1 to {MAX_EVERY_WEEKS} weeks."
            )
        most = _DAYS_A_WEEK if self.every_weeks == 1 else 1
        if not 1 <= self.visits <= most:
            raise FrequencyError(
                f"{self.visits} visits every {self.every_weeks} weeks; give 1 to {most}."
            )
        if self.week is None:
            return
        if self.every_weeks == 1 or CYCLE_WEEKS % self.every_weeks:
            raise FrequencyError(
                f"A fixed week of every {self.every_weeks}; only every 2 and 4 weeks have one."
            )
        if not 0 <= self.week < self.every_weeks:
            raise FrequencyError(
                f"Week {self.week + 1} of {self.every_weeks}; there is no such week."
            )

    def __str__(self) -> str:
        """Return the notation that `parse_frequency` reads as the same frequency."""
        if self.every_weeks == 1:
            return str(self.visits * CYCLE_WEEKS)
        if CYCLE_WEEKS % self.every_weeks:
            return f"every {self.every_weeks} weeks"
        text = str(CYCLE_WEEKS // self.every_weeks)
        return text if self.week is None else f"{text}.{self.week + 1}"


def parse_frequency(text: str) -> Frequency:
    """Return the frequency in a text such as `2.1` or `every 3 weeks`; raises FrequencyError."""
    words = " ".join(text.split())
    every = _EVERY.fullmatch(words)
    if every:
        return Frequency(1, int(every[1] or 1))
    short = _SHORT.fullmatch(words)
    if not short:
        raise _unreadable(text)
    visits = int(short[1])
    week = None if short[2] is None else int(short[2]) - 1
    if visits in {1, 2}:
        return Frequency(1, CYCLE_WEEKS // visits, week)
    if visits % CYCLE_WEEKS or not visits or week is not None:
        raise _unreadable(text)
    return Frequency(visits // CYCLE_WEEKS, 1)


def frequency_of_days(every_days: int) -> Frequency:
    """Return the frequency that is nearest to a visit after so many days, 1 or more.

    Less than a week becomes several visits a week, at most one on each day of work of five.
    """
    if every_days < _DAYS_A_WEEK:
        return Frequency(min(round(_DAYS_A_WEEK / every_days), _MOST_A_WEEK), 1)
    return Frequency(1, min(round(every_days / _DAYS_A_WEEK), MAX_EVERY_WEEKS))


def _unreadable(text: str) -> FrequencyError:
    return FrequencyError(
        f"“{text[:40]}” is no visit frequency; write the visits in four weeks (1, 2, 4, 8, 12, "
        "24), 1.1 to 1.4 for one week of the four, 2.1 or 2.2 for odd or even weeks, "
        "or “every 3 weeks”."
    )
