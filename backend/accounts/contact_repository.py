"""All SQL of contacts."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from backend.accounts.models import CONTACT
from backend.accounts.schemas import ContactRead
from backend.ids import AccountId, ContactId, OrgId

# In the order of ContactRead's fields.
_COLUMNS = [CONTACT.c[name] for name in ContactRead.__struct_fields__]


def select_contacts(
    connection: sa.Connection, org_id: OrgId, account_id: AccountId
) -> list[ContactRead]:
    """Return an account's contacts by name."""
    query = (
        sa.select(*_COLUMNS)
        .where(
            CONTACT.c.org_id == org_id,
            CONTACT.c.account_id == account_id,
            CONTACT.c.deleted_at.is_(None),
        )
        .order_by(CONTACT.c.full_name, CONTACT.c.id)
    )
    return [ContactRead(*row) for row in connection.execute(query)]


def find_contact(
    connection: sa.Connection, org_id: OrgId, contact_id: ContactId, *, lock: bool = False
) -> ContactRead | None:
    """Return a live contact of the organisation, with `lock` kept from other writers."""
    query = sa.select(*_COLUMNS).where(
        CONTACT.c.org_id == org_id, CONTACT.c.id == contact_id, CONTACT.c.deleted_at.is_(None)
    )
    if lock:
        query = query.with_for_update(key_share=True)
    row = connection.execute(query).one_or_none()
    return ContactRead(*row) if row else None


def insert_contact(
    connection: sa.Connection, org_id: OrgId, contact_id: ContactId, values: Mapping[str, Any]
) -> None:
    """Insert a contact."""
    connection.execute(sa.insert(CONTACT).values(org_id=org_id, id=contact_id, **values))


def update_contact(
    connection: sa.Connection, org_id: OrgId, contact_id: ContactId, values: Mapping[str, Any]
) -> None:
    """Change fields of a contact; its version goes up by one."""
    connection.execute(
        sa.update(CONTACT)
        .where(CONTACT.c.org_id == org_id, CONTACT.c.id == contact_id)
        .values(**values)
    )
