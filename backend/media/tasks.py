"""The media room's tasks, by name."""

from uuid import UUID

from backend.ids import OrgId
from backend.jobs import Task, Work
from backend.jobs.repository import select_orgs
from backend.media import upkeep
from backend.media.blobs import Blobs
from backend.media.inbox import Inbox


def _make_thumb(work: Work, org_id: OrgId, sha256: str) -> None:
    upkeep.make_thumb(work.part(Blobs), org_id, sha256)


def _finish(work: Work, org_id: OrgId, upload_id: UUID) -> None:
    places = work.part(Inbox), work.part(Blobs), work.clock
    upkeep.finish_left(work.db, org_id, upload_id, places)


def _reconcile(work: Work, org_id: OrgId) -> None:
    upkeep.reconcile(work.db, org_id, work.part(Blobs), work.clock)


def _expire(work: Work) -> None:
    with work.db.without_org() as connection:
        orgs = [OrgId(one) for one in select_orgs(connection)]
    upkeep.expire_uploads(work.db, orgs, work.part(Inbox), work.clock)


TASKS = [
    Task("media.thumb", _make_thumb),
    Task("media.finish", _finish),
    Task("media.reconcile", _reconcile, cron="23 2 * * *"),
    Task("media.expire", _expire, cron="7 * * * *", is_for_all=True),
]
