"""What was sold, as the API tells it."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec


class ProductRead(msgspec.Struct, frozen=True):
    """Something that is sold; `code` is its name in the books."""

    id: UUID
    code: str
    name: str
    category: str | None
    rv: int


class SaleRead(msgspec.Struct, frozen=True):
    """A line of an invoice; `amount` is net, in `currency`, below nought for what came back.

    `territory_id` is where the account lay on that day.
    """

    id: UUID
    sold_on: date
    invoice: str
    line: int
    product_id: UUID
    product_code: str
    product_name: str
    product_category: str | None
    quantity: float
    amount: float
    currency: str
    rep_id: UUID | None
    rep_name: str | None
    territory_id: UUID | None


class Before(NamedTuple):
    """Where a page of sales ended."""

    sold_on: date
    id: UUID
