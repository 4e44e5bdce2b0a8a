"""The SQL that reads products and what was sold."""

import msgspec
import sqlalchemy as sa

from backend.ids import AccountId, OrgId
from backend.orders.schemas import Before, ProductRead, SaleRead

_PRODUCTS = sa.text("""
SELECT id, code, name, category, rv FROM product
 WHERE org_id = :org_id AND (cast(:category AS text) IS NULL OR category = :category)
   AND (cast(:after AS text) IS NULL OR code > :after)
 ORDER BY code LIMIT :limit
""")
_SALES = sa.text("""
SELECT s.id, s.sold_on, s.invoice, s.line, s.product_id, p.code AS product_code,
       p.name AS product_name, p.category AS product_category, s.quantity::float8 AS quantity,
       s.amount::float8 AS amount, o.currency, s.rep_id, u.full_name AS rep_name, s.territory_id
  FROM sale s
  JOIN organisation o ON o.id = s.org_id
  JOIN product p ON p.org_id = :org_id AND p.id = s.product_id
  LEFT JOIN app_user u ON u.org_id = :org_id AND u.id = s.rep_id
 WHERE s.org_id = :org_id AND s.account_id = :account_id
   AND (cast(:before_day AS date) IS NULL
        OR (s.sold_on, s.id) < (cast(:before_day AS date), cast(:before_id AS uuid)))
 ORDER BY s.sold_on DESC, s.id DESC LIMIT :limit
""")


def select_products(
    connection: sa.Connection, org_id: OrgId, category: str | None, *, after: str | None, limit: int
) -> list[ProductRead]:
    """Return products by code, after the one named."""
    values = {"org_id": org_id, "category": category, "after": after, "limit": limit}
    rows = connection.execute(_PRODUCTS, values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[ProductRead])


def select_sales(
    connection: sa.Connection,
    org_id: OrgId,
    account_id: AccountId,
    *,
    before: Before | None,
    limit: int,
) -> list[SaleRead]:
    """Return what an account bought, the latest first."""
    values = {
        "org_id": org_id,
        "account_id": account_id,
        "before_day": before.sold_on if before else None,
        "before_id": before.id if before else None,
        "limit": limit,
    }
    rows = connection.execute(_SALES, values).mappings()
    return msgspec.convert([dict(row) for row in rows], list[SaleRead])
