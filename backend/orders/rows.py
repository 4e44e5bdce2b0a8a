"""From rows of texts to lines of invoices and potentials: each cell checked, each problem told."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import msgspec

from backend.accounts.importing.columns import Columns
from backend.accounts.importing.report import RowProblem, Tally
from backend.accounts.importing.rows import SHEET_ERRORS, row_problem
from backend.accounts.importing.sheets import Row
from backend.accounts.values import ValueRefused
from backend.orders.figures import DayOrder, Mark, find_day_order, find_mark, read_day, read_number

MAX_TEXT = 200
_MAX_KEY = 100
_MAX_LINE = 1_000_000
_MOST_MONEY = Decimal(10) ** 14
_MOST_PIECES = Decimal(10) ** 11
_CENT, _GRAM = Decimal("0.01"), Decimal("0.001")


class SaleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an invoice as the books tell it; account and rep are texts still to be found."""

    row: Row
    invoice: str
    line: int
    sold_on: date
    account: str
    phone: str
    product_code: str
    product_name: str
    product_category: str
    quantity: Decimal
    amount: Decimal
    rep_email: str


class PotentialRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an account could buy in a month; the account is a text still to be found."""

    row: Row
    account: str
    phone: str
    monthly_amount: Decimal
    source: str
    said_on: date


class _Habits(msgspec.Struct, frozen=True):
    """How a file writes numbers and days."""

    mark: Mark
    order: DayOrder
    today: date


class _Cells:
    """The cells of one row: read by field, what is refused gathered."""

    def __init__(self, row: Row, columns: Columns) -> None:
        self.row = row
        self.problems: list[RowProblem] = []
        self._columns = columns

    def has(self, field: str) -> bool:
        """Tell whether the file has the field."""
        return field in self._columns.positions

    def text(self, field: str, most: int = MAX_TEXT) -> str:
        """Return a cell, empty where there is none; a text that cannot be kept is a problem."""
        text = cell_of(self.row, self._columns, field)
        refused = _why_not(text, most)
        if refused is None:
            return text
        self.refuse(field, refused)
        return ""

    def needed(self, field: str, most: int = _MAX_KEY) -> str:
        """Return a cell that must be filled."""
        before = len(self.problems)
        text = self.text(field, most)
        if not text and len(self.problems) == before:
            self.refuse(field, ValueRefused("cell_empty", "The cell is empty: fill it."))
        return text

    def read[T](self, field: str, read: Callable[[str], T], otherwise: T) -> T:
        """Return a cell as `read` makes it; what it refuses is a problem."""
        before = len(self.problems)
        text = self.text(field)
        if len(self.problems) > before:
            return otherwise
        try:
            return read(text)
        except ValueRefused as refused:
            self.refuse(field, refused)
            return otherwise

    def refuse(self, field: str, refused: ValueRefused) -> None:
        """Note a problem."""
        value = cell_of(self.row, self._columns, field)
        self.problems.append(row_problem(self.row, self._columns, field, value, refused))


def cell_of(row: Row, columns: Columns, field: str) -> str:
    """Return the text of a row's field; empty where the row or the file has none."""
    at = columns.positions.get(field)
    return row.cells[at] if at is not None and at < len(row.cells) else ""


def _why_not(text: str, most: int) -> ValueRefused | None:
    if text in SHEET_ERRORS:
        return ValueRefused("formula_error", f"The formula gives {text}: repair it in the sheet.")
    if "\0" in text:
        return ValueRefused("malformed", "The cell holds a NUL character: remove it.")
    if len(text) > most:
        message = f"The text has more than {most} characters: shorten it."
        return ValueRefused("text_too_long", message)
    return None


def read_sales(
    rows: Sequence[Row], columns: Columns, today: date, tally: Tally, *, is_workbook: bool
) -> Iterator[SaleRow]:
    """Yield the good lines; the tally takes the bad ones.

    Without a column for the line, an invoice's rows are its lines in their order.
    """
    habits = _habits(rows, columns, ("amount", "quantity"), "date", today, is_workbook=is_workbook)
    counted: Counter[str] = Counter()
    seen: dict[tuple[str, int], int] = {}
    for row in rows:
        cells = _Cells(row, columns)
        line = _sale_row(cells, habits, counted)
        first = seen.setdefault((line.invoice, line.line), row.number)
        if not cells.problems and first != row.number:
            message = f"This is the same invoice and line as row {first}: leave one of them out."
            cells.refuse("invoice", ValueRefused("duplicate_row", message))
        if cells.problems:
            tally.skip(cells.problems)
        else:
            yield line


def read_potentials(
    rows: Sequence[Row], columns: Columns, today: date, tally: Tally, *, is_workbook: bool
) -> Iterator[PotentialRow]:
    """Yield the good rows; the tally takes the bad ones. What nobody dates is said today."""
    habits = _habits(rows, columns, ("monthly_amount",), "said_on", today, is_workbook=is_workbook)
    for row in rows:
        cells = _Cells(row, columns)
        account, phone = _account(cells)
        found = PotentialRow(
            row=row,
            account=account,
            phone=phone,
            monthly_amount=cells.read("monthly_amount", lambda text: _potential(text, habits),
                                      Decimal(0)),
            source=cells.text("source") or "import",
            said_on=cells.read("said_on", lambda text: _day(text, habits), today)
            if cell_of(row, columns, "said_on")
            else today,
        )  # fmt: skip
        if cells.problems:
            tally.skip(cells.problems)
        else:
            yield found


def _sale_row(cells: _Cells, habits: _Habits, counted: Counter[str]) -> SaleRow:
    invoice = cells.needed("invoice")
    counted[invoice] += 1
    account, phone = _account(cells)
    code, name = cells.text("product_code", _MAX_KEY), cells.text("product_name")
    if not (code or name):
        field = "product_code" if cells.has("product_code") else "product_name"
        message = "The row names no product: write its code."
        cells.refuse(field, ValueRefused("cell_empty", message))
    is_counted = bool(cells.text("quantity"))
    return SaleRow(
        row=cells.row,
        invoice=invoice,
        line=cells.read("line", _line, 0) if cells.has("line") else counted[invoice],
        sold_on=cells.read("date", lambda text: _day(text, habits), habits.today),
        account=account,
        phone=phone,
        product_code=code or name[:_MAX_KEY],
        product_name=name,
        product_category=cells.text("product_category"),
        quantity=cells.read("quantity", lambda text: _quantity(text, habits), Decimal(1))
        if is_counted
        else Decimal(1),
        amount=cells.read("amount", lambda text: _amount(text, habits), Decimal(0)),
        rep_email=cells.text("rep_email").casefold(),
    )


def _account(cells: _Cells) -> tuple[str, str]:
    account, phone = cells.text("account"), cells.text("phone")
    if not (account or phone) and not cells.problems:
        field = "account" if cells.has("account") else "phone"
        message = "The row names no account: write its id, its code or its phone number."
        cells.refuse(field, ValueRefused("cell_empty", message))
    return account, phone


def _habits(
    rows: Sequence[Row], columns: Columns, numbers: tuple[str, ...], day: str, today: date, *,
    is_workbook: bool,
) -> _Habits:  # fmt: skip
    """A workbook's own numbers have a point, unless its texts show another mark."""
    mark = find_mark(cell_of(row, columns, field) for row in rows for field in numbers)
    if mark == "none" and is_workbook:
        mark = "."
    return _Habits(mark, find_day_order(cell_of(row, columns, day) for row in rows), today)


def _day(text: str, habits: _Habits) -> date:
    return read_day(text, habits.order, habits.today)


def _line(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_LINE)):
        line = int(text)
        if 1 <= line <= _MAX_LINE:
            return line
    raise ValueRefused("number_invalid", f"The line is a whole number from 1 to {_MAX_LINE:,}.")


def _amount(text: str, habits: _Habits) -> Decimal:
    number = read_number(text, habits.mark, is_money=True)
    return _rounded(number, _CENT, _MOST_MONEY)


def _potential(text: str, habits: _Habits) -> Decimal:
    amount = _amount(text, habits)
    if amount < 0:
        raise ValueRefused("number_negative", "Nobody can buy for less than nothing: correct it.")
    return amount


def _quantity(text: str, habits: _Habits) -> Decimal:
    number = read_number(text, habits.mark, is_money=False)
    return _rounded(number, _GRAM, _MOST_PIECES)


def _rounded(number: Decimal, step: Decimal, most: Decimal) -> Decimal:
    try:
        rounded = number.quantize(step, ROUND_HALF_UP)
    except InvalidOperation:
        rounded = most
    if abs(rounded) >= most:
        raise ValueRefused("number_too_large", f"The number must be below {most:,.0f}: correct it.")
    return rounded
