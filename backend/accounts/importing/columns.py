"""Which column holds which field: as the caller says, else by Vietnamese and English headings."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

from backend.api.problems import malformed_field

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "ten", "ten khach hang", "ten cua hang", "ten diem ban", "ten cong ty", "khach hang",
        "cua hang", "diem ban", "cong ty", "name", "account", "account name", "customer",
        "customer name", "company", "shop", "shop name",
    ),
    "code": (
        "ma", "ma khach hang", "ma kh", "ma cua hang", "ma diem ban", "code", "customer code",
        "id", "external id", "ref",
    ),
    "phone": (
        "dien thoai", "so dien thoai", "sdt", "so dt", "di dong", "phone", "phone number", "tel",
        "telephone", "mobile",
    ),
    "address": ("dia chi", "address", "street address"),
    "lon": ("kinh do", "lon", "lng", "long", "longitude"),
    "lat": ("vi do", "lat", "latitude"),
    "lat_lon": ("toa do", "toa do gps", "gps", "coordinates", "vi do kinh do", "lat lon"),
    "category": (
        "loai", "loai hinh", "loai khach hang", "nhom", "nhom khach hang", "nganh", "nganh hang",
        "category", "type",
    ),
    "kind": ("loai doi tuong", "doi tuong", "kind"),
    "life_stage": ("giai doan", "trang thai", "life stage", "stage", "status"),
    "email": ("email", "e mail", "thu dien tu", "email address"),
    "website": ("website", "web", "trang web", "url"),
    "channel": ("kenh", "kenh ban hang", "channel"),
    "tags": ("the", "nhan", "tu khoa", "tags", "tag", "labels"),
    "opening_hours": ("gio mo cua", "gio hoat dong", "opening hours", "hours"),
    "preferred_hours": ("gio muon ghe", "gio ghe tham", "gio hen ghe", "preferred hours"),
    "preferred_hours_are_firm": (
        "chi ghe trong gio nay", "gio ghe bat buoc", "gio ghe co dinh", "preferred hours are firm",
        "firm hours",
    ),
    "visit_minutes": ("phut ghe tham", "thoi luong ghe tham", "visit minutes"),
    "visit_every_days": ("chu ky ghe tham", "so ngay ghe tham", "visit every days"),
    "visit_frequency": ("tan suat ghe tham", "tan suat", "visit frequency", "frequency"),
    "priority": ("uu tien", "do uu tien", "muc uu tien", "priority"),
}  # fmt: skip
"""Each field with the headings that it goes by, folded."""


class Columns(msgspec.Struct, frozen=True):
    """Where each field stands, and what is left aside."""

    positions: dict[str, int]
    headings: tuple[str, ...]

    @property
    def used(self) -> dict[str, str]:
        """Each field's heading."""
        return {field: self.headings[at] for field, at in self.positions.items()}

    @property
    def ignored(self) -> tuple[str, ...]:
        """The headings that no field is read from."""
        taken = set(self.positions.values())
        return tuple(name for at, name in enumerate(self.headings) if at not in taken and name)


def find_columns(headings: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """Match an account's fields to headings; raise Malformed for a mapping that fits nothing.

    `mapping` gives a field's heading, or "" to leave the field out; the others are guessed.
    """
    columns = match_columns(headings, mapping, HEADINGS)
    if "name" not in columns.positions:
        raise malformed_field(
            "mapping",
            f"No column holds the name. The headings are: {shown(headings)}. "
            "Say which one it is, for example name=Tên khách hàng.",
            code="no_name_column",
        )
    _check_coordinates(columns.positions)
    return columns


def match_columns(
    headings: Sequence[str], mapping: Mapping[str, str], known: Mapping[str, tuple[str, ...]]
) -> Columns:
    """Match the `known` fields to headings, each by the names that it goes by, folded.

    Raise Malformed for a mapping that names no field or no heading.
    """
    folded = [fold_heading(heading) for heading in headings]
    positions = {
        field: _position(field, heading, headings, folded, known)
        for field, heading in mapping.items()
        if heading or field not in known
    }
    for field, names in known.items():
        if field in mapping:
            continue
        free = {name: at for at, name in enumerate(folded) if at not in positions.values()}
        found = next((free[name] for name in names if name in free), None)
        if found is not None:
            positions[field] = found
    return Columns(positions, tuple(headings))


def read_mapping(text: str) -> dict[str, str]:
    """Return the mapping that a form holds as JSON; raise Malformed for anything else."""
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise malformed_field(
            "mapping", 'The mapping is a JSON object of field to heading: {"name": "Tên"}.'
        ) from error


def fold_heading(text: str) -> str:
    """Return a heading in plain lower-case letters: "Điện thoại (*)" is "dien thoai"."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


def _position(
    field: str,
    heading: str,
    headings: Sequence[str],
    folded: Sequence[str],
    known: Mapping[str, tuple[str, ...]],
) -> int:
    if field not in known:
        raise malformed_field(
            "mapping",
            f"There is no field “{field[:60]}”. The fields are: {', '.join(known)}.",
            code="unknown_field",
        )
    wanted = fold_heading(heading)
    for at, name in enumerate(folded):
        if headings[at] == heading or (name == wanted and wanted):
            return at
    raise malformed_field(
        "mapping",
        f"There is no column “{heading[:60]}” for {field}. The headings are: {shown(headings)}.",
        code="unknown_column",
    )


def _check_coordinates(positions: Mapping[str, int]) -> None:
    if ("lon" in positions) != ("lat" in positions):
        there, missing = ("lon", "lat") if "lon" in positions else ("lat", "lon")
        raise malformed_field(
            "mapping",
            f"There is a column for {there} but none for {missing}: map both or neither.",
            code="half_a_location",
        )


def shown(headings: Sequence[str]) -> str:
    """Return the headings as a refusal names them."""
    return ", ".join(f"“{heading[:40]}”" for heading in headings[:30] if heading)
