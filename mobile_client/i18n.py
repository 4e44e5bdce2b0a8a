"""Words, numbers, times and distances for a locale; `vi` is the default, English the source."""

import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

LOCALES = ("vi", "en")
_DECIMAL = {"vi": ",", "en": "."}
_METRES_PER_KM = 1000
_SHORTEST_KM_AS_WHOLE = 10


@cache
def _catalogue(locale: str) -> dict[str, dict[str, str]]:
    """The locale's file: a table `text` by English sentence and one table for each kind of code."""
    source = files("mobile_client").joinpath("locale", f"{locale}.toml")
    tables: dict[str, dict[str, str]] = tomllib.loads(source.read_text("utf-8"))
    return tables


class Words:
    """Speaks one locale in one time zone; `time_zone` is an IANA name, empty for the phone's."""

    def __init__(self, locale: str = "vi", time_zone: str = "") -> None:
        self.locale = locale if locale in LOCALES else "vi"
        self._zone = ZoneInfo(time_zone) if time_zone else None
        self._tables = _catalogue(self.locale)

    def __call__(self, text: str, **values: object) -> str:
        """The sentence in this locale with its `{names}` filled in; English when unknown."""
        translated = self._tables.get("text", {}).get(text, text)
        return translated.format(**values) if values else translated

    def label(self, kind: str, code: str) -> str:
        """A code in words, such as `outcome` `met`; an unknown code is made readable."""
        readable = code.replace("_", " ").replace("=", ": ")
        return self._tables.get(kind, {}).get(code, readable[:1].upper() + readable[1:])

    def problem(self, kind: str, code: str, message: str) -> str:
        """An error's code in words, or its own message when the code is not known here."""
        return self._tables.get(kind, {}).get(code, message)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with this locale's decimal mark."""
        return f"{value:.{decimals}f}".replace(".", _DECIMAL[self.locale])

    def distance(self, metres: float) -> str:
        """`85 m`, `350 m`, `1,2 km` or `14 km`."""
        step = 1 if metres < 100 else 10  # noqa: PLR2004 - a hundred metres
        rounded = round(metres / step) * step
        if rounded < _METRES_PER_KM:
            return f"{rounded} m"
        kilometres = metres / _METRES_PER_KM
        return f"{self.number(kilometres, int(kilometres < _SHORTEST_KM_AS_WHOLE))} km"

    def duration(self, seconds: float) -> str:
        """`25 phút` or `1 giờ 20 phút`."""
        hours, minutes = divmod(round(seconds / 60), 60)
        if not hours:
            return self("{minutes} min", minutes=minutes)
        return self("{hours} h {minutes} min", hours=hours, minutes=minutes)

    def local(self, at: datetime) -> datetime:
        """The moment on the wall clock of the user's day."""
        return at.astimezone(self._zone)

    def time(self, at: datetime) -> str:
        """`09:05`."""
        return f"{self.local(at):%H:%M}"

    def moment(self, at: datetime, now: datetime) -> str:
        """The time alone for today, else with its date."""
        there, here = self.local(at), self.local(now)
        if there.date() == here.date():
            return self.time(at)
        return f"{self.day(there.date())}, {self.time(at)}"

    def day(self, on: date) -> str:
        """`14/11` or `14 Nov`."""
        if self.locale == "vi":
            return f"{on.day}/{on.month}"
        return f"{on.day} {self.label('month', str(on.month))}"

    def weekday(self, on: date) -> str:
        """`Thứ Sáu, 14/11` or `Friday, 14 Nov`."""
        return f"{self.label('weekday', str(on.isoweekday()))}, {self.day(on)}"

    def recording(self, seconds: float) -> str:
        """`0:07`."""
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
