"""One account of a rep's weeks: when and how often it is visited; checked on its own."""

from collections.abc import Sequence
from typing import Never

import msgspec

from backend.accounts.frequency import Frequency
from backend.routes.day.problem import MAX_VALUE_S
from backend.routes.day.windows import LATEST_S, Window

MAX_GAP_DAYS = 366

WEEK = 7
EVERY_DAY = tuple(range(WEEK))


class CoverageError(ValueError):
    """Weeks that cannot be stated; names the field and, where there is one, the account's key."""

    def __init__(self, detail: str, *, field: str, account: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        self.account = account


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account that is visited again and again.

    `node` is its row in the matrices, None when no street is near. `windows` are those of the
    seven weekdays, Monday first; `closed_days` are further days without a visit. Days count from
    the first Monday; those before it are negative. Gaps are days between a visit and the next,
    weeks in which no visit is possible not counted.

    The first visit takes `first_service_s` where that is given, all others `service_s`.

    `preferred` are the windows of a wish, by weekday, empty for none; a visit at another time or on
    a weekday without any costs `preference_s`. `has_own_hours` says that the windows are hours of
    its own, and that it is open at others too.

    A visit skipped before these weeks is made up for by the day `owed_by`. `fixed_days` are
    visits that are done or promised. `previous_days` is what an earlier plan said about these
    weeks. `label` is how people's sentences call the account.
    """

    key: str
    node: int | None
    service_s: int
    frequency: Frequency
    windows: tuple[tuple[Window, ...], ...]
    weekdays: tuple[int, ...] = EVERY_DAY
    closed_days: tuple[int, ...] = ()
    preferred: tuple[tuple[Window, ...], ...] = ()
    preference_s: int = 0
    has_own_hours: bool = False
    min_gap_days: int | None = None
    max_gap_days: int | None = None
    last_visit_day: int | None = None
    owed_by: int | None = None
    fixed_days: tuple[int, ...] = ()
    previous_days: tuple[int, ...] | None = None
    label: str = ""
    first_service_s: int | None = None

    @property
    def longest_service_s(self) -> int:
        """Return how long its longest visit takes."""
        return max(self.service_s, self.first_service_s or 0)

    def at_first(self) -> "Account":
        """Return it as it is on its first visit."""
        if self.first_service_s is None:
            return self
        return msgspec.structs.replace(self, service_s=self.first_service_s)

    @property
    def name(self) -> str:
        """Return the word for it in a sentence."""
        return self.label or self.key


def check_account(account: Account, *, rows: int) -> None:
    """Raise CoverageError where an account contradicts itself, or a matrix of so many rows."""
    if account.node is not None and not 0 <= account.node < rows:
        _fail(f"{account.name} is row {account.node} of a matrix of {rows} rows.", "node", account)
    for field, service_s in (
        ("service_s", account.service_s),
        ("first_service_s", account.first_service_s or 0),
    ):
        if not 0 <= service_s <= LATEST_S:
            _fail(
                f"{account.name} takes {service_s} seconds; give 0 to {LATEST_S}.", field, account
            )
    if len(account.windows) != WEEK:
        _fail(
            f"{account.name} has windows for {len(account.windows)} weekdays; give seven, empty "
            "ones where it is closed.",
            "windows",
            account,
        )
    _check_wish(account)
    for windows in (*account.windows, *account.preferred):
        _check_windows(windows, account)
    if sorted(set(account.weekdays) & set(EVERY_DAY)) != list(account.weekdays):
        _fail(
            f"The weekdays of {account.name} are not of 0 (Monday) to 6, each once, in order.",
            "weekdays",
            account,
        )
    _check_gaps(account)


def _fail(detail: str, field: str, account: Account) -> Never:
    raise CoverageError(detail, field=field, account=account.key)


def _check_wish(account: Account) -> None:
    if len(account.preferred) not in {0, WEEK}:
        _fail(
            f"{account.name} prefers windows of {len(account.preferred)} weekdays; give seven, or "
            "none at all.",
            "preferred",
            account,
        )
    if not 0 <= account.preference_s <= MAX_VALUE_S:
        _fail(
            f"To visit {account.name} when it prefers is worth {account.preference_s} seconds; "
            f"give 0 to {MAX_VALUE_S}.",
            "preference_s",
            account,
        )


def _check_windows(windows: Sequence[Window], account: Account) -> None:
    previous_end_s = -1
    for window in windows:
        if not previous_end_s < window.start_s < window.end_s <= LATEST_S:
            _fail(
                f"The windows of {account.name} are out of order, touch, or lie outside 0 to "
                f"{LATEST_S} seconds; pass them through merge_windows.",
                "windows",
                account,
            )
        previous_end_s = window.end_s


def _check_gaps(account: Account) -> None:
    least, most = account.min_gap_days, account.max_gap_days
    for field, gap in (("min_gap_days", least), ("max_gap_days", most)):
        if gap is not None and not 1 <= gap <= MAX_GAP_DAYS:
            _fail(
                f"The {field} of {account.name} is {gap}; give 1 to {MAX_GAP_DAYS}.", field, account
            )
    if least is not None and most is not None and least > most:
        _fail(
            f"{account.name} wants {least} days at least and {most} at most between visits, "
            "which is no number; swap the two.",
            "max_gap_days",
            account,
        )
