"""The audit trail: who did what to whom; it only grows."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa

from backend.identity.actor import Actor
from backend.identity.models import audit_entry
from backend.ids import OrgId, new_id


def record(
    connection: sa.Connection,
    actor: Actor,
    action: str,
    *,
    subject: str,
    subject_id: UUID,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write down an actor's deed; `detail` never holds a secret."""
    record_event(
        connection,
        actor.org_id,
        action,
        by=actor,
        subject=subject,
        subject_id=subject_id,
        detail=detail,
    )


def record_event(
    connection: sa.Connection,
    org_id: OrgId,
    action: str,
    *,
    by: Actor | None,
    subject: str,
    subject_id: UUID,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write down a deed that may have no signed-in author: `by` is None for the command line."""
    connection.execute(
        sa.insert(audit_entry).values(
            org_id=org_id,
            id=new_id(),
            actor_id=None if by is None else by.user_id,
            device_id=None if by is None else by.device_id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            detail=dict(detail or {}),
        )
    )
