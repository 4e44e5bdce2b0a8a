"""From a row of texts to a record: each cell read as its field, each problem with its place."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from backend.accounts.importing.columns import Columns, fold_heading
from backend.accounts.importing.report import MAX_SHOWN, RowProblem, Tally
from backend.accounts.importing.repository import Incoming
from backend.accounts.importing.sheets import Row
from backend.accounts.schemas import AccountCreate
from backend.accounts.values import ValueRefused, clean

_TYPES = {field.name: field.type for field in msgspec.structs.fields(AccountCreate)}
_DEFAULTS = {field.name: field.default for field in msgspec.structs.fields(AccountCreate)}
_FILLED = frozenset({
    "kind", "life_stage", "preferred_hours_are_firm", "visit_minutes", "visit_every_days",
    "priority",
})  # fmt: skip
"""What an account always has: a blank cell means the default."""
_POSITION = ("lon", "lat", "lat_lon")
SHEET_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"})
_WORDS: Mapping[str, Mapping[str, str]] = {
    "life_stage": {
        "tiem nang": "prospect", "khach hang": "customer", "dang mua": "customer",
        "ngung mua": "lapsed", "ngung": "lapsed", "da mat": "lost", "mat": "lost",
    },
    "kind": {
        "ca nhan": "individual", "to chuc": "organisation", "cong ty": "organisation",
        "doanh nghiep": "organisation", "organization": "organisation",
    },
    "preferred_hours_are_firm": {
        "co": "true", "dung": "true", "bat buoc": "true", "x": "true", "yes": "true", "y": "true",
        "firm": "true", "khong": "false", "sai": "false", "no": "false", "n": "false",
    },
}  # fmt: skip
"""What people write, in Vietnamese first, for what the API says in its own words."""


def read_rows(
    rows: Sequence[Row], columns: Columns, country: str, tally: Tally
) -> Iterator[Incoming]:
    """Yield the records of the good rows; the tally takes the bad ones.

    A record's reference is its code, else its name with address, place or phone: a row that
    comes again is the same account.
    """
    seen: dict[str, int] = {}
    for row in rows:
        cells = {
            field: row.cells[at] if at < len(row.cells) else ""
            for field, at in columns.positions.items()
        }
        values, problems = _read_row(row, cells, columns, country)
        if not problems:
            ref = _reference(cells, values)
            first = seen.setdefault(ref, row.number)
            if first == row.number:
                yield Incoming(ref, values)
                continue
            message = f"This is the same account as row {first}: leave one of them out."
            refused = ValueRefused("duplicate_row", message)
            problems = [row_problem(row, columns, "name", cells["name"], refused)]
        tally.skip(problems)


def _read_row(
    row: Row, cells: Mapping[str, str], columns: Columns, country: str
) -> tuple[dict[str, object], list[RowProblem]]:
    values: dict[str, object] = {}
    problems: list[RowProblem] = []
    for field, text in cells.items():
        if field in {"code", *_POSITION}:
            continue
        try:
            values[field] = _value(field, text, country)
        except ValueRefused as refused:
            problems.append(row_problem(row, columns, field, text, refused))
    at = next((field for field in ("lat_lon", "lon") if field in cells), None)
    if at is not None:
        try:
            values["location"] = _location(cells, country)
        except ValueRefused as refused:
            shown = cells[at] if at == "lat_lon" else f"{cells['lon']}; {cells['lat']}"
            problems.append(row_problem(row, columns, at, shown, refused))
    return values, problems


def _value(field: str, text: str, country: str) -> object:
    """Return one cell as its field's value; raise ValueRefused."""
    if text in SHEET_ERRORS:
        raise ValueRefused("formula_error", f"The formula gives {text}: repair it in the sheet.")
    value: object = text or None
    if field == "name" and not text:
        raise ValueRefused("name_missing", "The row has no name.")
    if field == "tags":
        value = [part.strip() for part in re.split(r"[,;|]", text) if part.strip()]
    elif field in _FILLED:
        value = _WORDS.get(field, {}).get(fold_heading(text), text) or _DEFAULTS[field]
    try:
        value = msgspec.convert(value, _TYPES[field], strict=False)
    except msgspec.ValidationError as error:
        raise ValueRefused("value_invalid", f"{_sentence(str(error))}.") from error
    return clean(field, value, country)


def _sentence(error: str) -> str:
    return error.partition(" - at")[0].replace("`", "")


def _location(cells: Mapping[str, str], country: str) -> object:
    """Return [lon, lat] or None; one column holds "latitude, longitude" as maps copy it."""
    lon_text, lat_text = cells.get("lon", ""), cells.get("lat", "")
    if not (lon_text or lat_text) and cells.get("lat_lon"):
        lat_text, lon_text = _split(cells["lat_lon"])
    if not (lon_text or lat_text):
        return None
    lon, lat = _degrees(lon_text, "longitude"), _degrees(lat_text, "latitude")
    if lon == lat == 0:
        raise ValueRefused(
            "location_null", "Longitude 0, latitude 0 is in the ocean: leave both cells empty."
        )
    return clean("location", [lon, lat], country)


def _split(text: str) -> tuple[str, str]:
    parts = re.split(r"\s*;\s*|\s*,\s+|\s+|(?<=\d),(?=-?\d+\.)", text)
    if len(parts) != 2:  # noqa: PLR2004  # latitude and longitude
        raise ValueRefused(
            "location_unreadable", "Write the place as “latitude, longitude”: 10.7743, 106.7042."
        )
    return parts[0], parts[1]


def _degrees(text: str, name: str) -> float:
    """Read degrees with a decimal point or comma."""
    if not text:
        raise ValueRefused("location_half", f"The {name} is missing: fill both cells or neither.")
    plain = text.replace(",", ".") if "." not in text else text
    if not re.fullmatch(r"[+-]?\d{1,12}(\.\d*)?([eE]-?\d{1,2})?", plain):
        raise ValueRefused(
            "location_unreadable", f"The {name} must be a number in degrees, such as 106.7042."
        )
    return float(plain)


def _reference(cells: Mapping[str, str], values: Mapping[str, object]) -> str:
    if code := cells.get("code"):
        return code_reference(code)
    second = values.get("address") or values.get("location") or values.get("phone") or ""
    return f"row/{_same(str(values['name']))}/{_same(str(second))}"


def code_reference(code: str) -> str:
    """Return the reference of the account that a sheet gives this code."""
    return f"code/{_same(code)}"


def _same(text: str) -> str:
    """Fold what people write differently for the same thing: case, blanks, composition."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def row_problem(
    row: Row, columns: Columns, field: str, value: str, refused: ValueRefused
) -> RowProblem:
    """Return what is wrong with a row's field, as a report names it."""
    return RowProblem(
        ref=f"row {row.number}",
        column=columns.used.get(field, field),
        value=value[:MAX_SHOWN],
        code=refused.code,
        message=refused.message,
    )
