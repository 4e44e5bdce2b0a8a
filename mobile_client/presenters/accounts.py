"""The searchable list of accounts."""

from dataclasses import dataclass

from mobile_client.facade import Core
from mobile_client.i18n import Words

LIST_LIMIT = 200


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


def accounts(core: Core, words: Words, query: str) -> AccountsText:
    """At most `LIST_LIMIT` accounts that match; diacritics need not be typed."""
    rows = core.accounts(query, LIST_LIMIT)
    lines = tuple(
        AccountLine(
            account_id=row.id,
            title=row.name,
            detail=" · ".join(
                part for part in (words.label("category", row.category), row.address) if part
            ),
            trail=words("waiting to send") if row.is_pending else "",
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
