"""The searchable list of accounts."""

from dataclasses import dataclass

from mobile_client.facade import Core, GpsUnavailable
from mobile_client.i18n import Words
from mobile_client.presenters.map.projection import distance_m
from mobile_client.views import AccountRow, Fix, LonLat

LIST_LIMIT = 200
_GPS_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in the list."""

    account_id: str
    title: str
    detail: str
    trail: str


@dataclass(frozen=True, slots=True)
class AccountsText:
    """The list; `empty` says why it holds nothing."""

    lines: tuple[AccountLine, ...]
    empty: str


def measure(core: Core) -> Fix | GpsUnavailable:
    """Where the phone is; blocks, for a thread beside the window's."""
    try:
        return core.device.gps.fix(_GPS_SECONDS)
    except GpsUnavailable as unavailable:
        return unavailable


def accounts(core: Core, words: Words, query: str, near: LonLat | None = None) -> AccountsText:
    """At most `LIST_LIMIT` accounts that match, by name or those nearest to a place first.

    Diacritics need not be typed.
    """
    rows = core.accounts(query, LIST_LIMIT, near=near)
    lines = tuple(
        AccountLine(
            account_id=row.id,
            title=row.name,
            detail=" · ".join(
                part for part in (words.label("category", row.category), row.address) if part
            ),
            trail=_trail(words, row, near),
        )
        for row in rows
    )
    if lines:
        return AccountsText(lines, "")
    if query.strip():
        return AccountsText((), words("Nothing matches “{query}”.", query=query.strip()))
    if core.sync_status().last_sync_at is None:
        return AccountsText((), words("Getting your customers and today's route from the server…"))
    return AccountsText((), words("No accounts on this phone yet."))


def _trail(words: Words, row: AccountRow, near: LonLat | None) -> str:
    if row.is_pending:
        return words("waiting to send")
    if near is None or row.lon is None or row.lat is None:
        return ""
    return words.distance(distance_m(near, (row.lon, row.lat)))
