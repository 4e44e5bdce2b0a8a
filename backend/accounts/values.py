"""From what people write to what is kept: each field checked, all that is wrong told at once."""

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from backend.accounts.frequency import FrequencyError, parse_frequency
from backend.accounts.phones import PhoneRefused, to_e164
from backend.api.problems import FieldError, Malformed
from backend.geo.hours import check_hours
from backend.geo.vocabulary import GeoError, check_lonlat

MAX_MAP_LAT = 85.05
"""Web maps end here (Mercator)."""
_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class ValueRefused(ValueError):
    """A value that cannot be kept: a stable code and a sentence with the way out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def cleaned(values: Mapping[str, object], country: str) -> dict[str, object]:
    """Return the values as they are kept; raise Malformed that names every wrong field."""
    kept: dict[str, object] = {}
    codes: list[str] = []
    errors: list[FieldError] = []
    for field, value in values.items():
        try:
            kept[field] = clean(field, value, country)
        except ValueRefused as refused:
            codes.append(refused.code)
            errors.append(FieldError(field, refused.message))
    if errors:
        detail = " ".join(error.message for error in errors)
        raise Malformed(detail, code=codes[0], errors=errors)
    return kept


def clean(field: str, value: object, country: str) -> object:
    """Return one value as it is kept, texts trimmed and blank ones None; raise ValueRefused."""
    if isinstance(value, str):
        value = value.strip() or None
    if value is None:
        return None
    if "\0" in str(value):
        raise ValueRefused("malformed", f"The {field} holds a NUL character: remove it.")
    if field == "phone":
        return _phone(str(value), country)
    check = _CHECKS.get(field)
    return check(value) if check else value


def given(patch: msgspec.Struct) -> dict[str, object]:
    """Return the fields that a patch names."""
    fields = msgspec.structs.asdict(patch)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def differing(values: Mapping[str, object], before: msgspec.Struct) -> dict[str, object]:
    """Return the values that are not there already."""
    return {name: value for name, value in values.items() if getattr(before, name) != value}


def _phone(text: str, country: str) -> str:
    try:
        return to_e164(text, country)
    except PhoneRefused as refused:
        raise ValueRefused("phone_invalid", str(refused)) from refused


def _email(value: object) -> str:
    text = str(value)
    if not _EMAIL.fullmatch(text):
        raise ValueRefused(
            "email_invalid", f"“{text[:60]}” is no email address. Write it like lan@example.vn."
        )
    return text


def _website(value: object) -> str:
    """Only web addresses: a page shows them as links."""
    text = str(value)
    if not _SCHEME.match(text) or re.match(r"[^/:]+:\d+(/|$)", text):
        text = f"https://{text}"
    if not re.fullmatch(r"https?://[^\s/\"<>]+\.[^\s\"<>]+", text, re.IGNORECASE):
        raise ValueRefused(
            "website_invalid", f"“{text[:60]}” is no web address. Write it like https://example.vn."
        )
    return text


def _opening_hours(value: object) -> str:
    return _hours(str(value), "opening", "opening_hours_invalid")


def _preferred_hours(value: object) -> str:
    return _hours(str(value), "preferred", "preferred_hours_invalid")


def _hours(text: str, which: str, code: str) -> str:
    problem = check_hours(text, which=which)
    if problem:
        raise ValueRefused(code, problem)
    return text


def _frequency(value: object) -> str:
    try:
        return str(parse_frequency(str(value)))
    except FrequencyError as error:
        raise ValueRefused("frequency_unreadable", str(error)) from error


def _labels(value: object) -> list[str]:
    labels = value if isinstance(value, Iterable) else ()
    return sorted({text for label in labels if (text := str(label).strip())})


def _location(value: object) -> list[float]:
    lon, lat = (float(part) for part in value) if isinstance(value, list | tuple) else (181.0, 0.0)
    try:
        point = check_lonlat(lon, lat)
    except GeoError as error:
        raise ValueRefused(f"location_{error.code}", error.message) from error
    if abs(point.lat) > MAX_MAP_LAT:
        raise ValueRefused(
            "location_outside_world",
            f"The location (latitude {lat:g}) is off the map, which ends at {MAX_MAP_LAT:g}.",
        )
    return [point.lon, point.lat]


_CHECKS: dict[str, Callable[[object], object]] = {
    "email": _email,
    "website": _website,
    "opening_hours": _opening_hours,
    "preferred_hours": _preferred_hours,
    "visit_frequency": _frequency,
    "tags": _labels,
    "channels": _labels,
    "location": _location,
}
