"""What is done for files without anybody asking: thumbnails, dead uploads, files that are missed.

Everything here can be repeated without harm.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from backend.api.problems import Problem
from backend.clock import Clock
from backend.db.tenancy import Database
from backend.ids import OrgId
from backend.media import repository, uploads
from backend.media.blobs import Blobs, UnreadableImageError
from backend.media.inbox import Inbox

_LOG = logging.getLogger("tuyen.media")
OVERDUE_AFTER = timedelta(days=3)
_PREFIXES = [f"{number:02x}" for number in range(256)]


def make_thumb(blobs: Blobs, org_id: OrgId, sha256: str) -> None:
    """Make a photo's small picture and keep it, unless it is there."""
    try:
        blobs.get_picture(org_id, sha256, is_thumb=True)
    except (FileNotFoundError, UnreadableImageError) as error:
        # The daily look finds a lost file; what cannot be shown stays so.
        _LOG.warning("No thumbnail of %s: %s", sha256, error)


def finish_left(
    db: Database, org_id: OrgId, upload_id: UUID, places: tuple[Inbox, Blobs, Clock]
) -> None:
    """Look at a file that arrived whole, in case whoever took its last byte was stopped."""
    with db.for_org(org_id) as connection:
        upload = repository.find_upload(connection, org_id, upload_id)
    if upload is None or not upload.is_whole:
        return
    inbox, blobs, clock = places
    try:
        uploads.finish(db, org_id, upload, inbox, blobs, clock)
    except Problem as problem:
        _LOG.warning("Upload %s came to nothing: %s", upload_id, problem.detail)


def expire_uploads(db: Database, orgs: Iterable[OrgId], inbox: Inbox, clock: Clock) -> None:
    """Forget uploads whose time is over, and throw away the bytes that nobody goes on with."""
    # First what is there, then what is wanted: a file begun in between is not taken for dead.
    here = inbox.ids()
    wanted = set()
    for org_id in orgs:
        with db.for_org(org_id) as connection:
            repository.delete_expired(connection, org_id, clock.now())
            wanted |= repository.select_open_uploads(connection, org_id)
    for upload_id in here - wanted:
        inbox.remove(upload_id)


def reconcile(db: Database, org_id: OrgId, blobs: Blobs, clock: Clock) -> None:
    """Compare what is said to be stored with what is; tell authors of files that are missed."""
    for prefix in _PREFIXES:
        _compare(db, org_id, blobs, prefix)
    with db.for_org(org_id) as connection:
        before = clock.now() - OVERDUE_AFTER
        for media_id in repository.select_overdue(connection, org_id, before):
            repository.raise_issue(connection, org_id, media_id, code="media_missing")


def _compare(db: Database, org_id: OrgId, blobs: Blobs, prefix: str) -> None:
    here = blobs.list_hashes(org_id, prefix)
    with db.for_org(org_id) as connection:
        stored = repository.select_hashes(connection, org_id, prefix)
        lost = repository.select_hashes(connection, org_id, prefix, is_lost=True)
        for sha256 in sorted(lost & here):
            repository.mark_found(connection, org_id, sha256)
        for sha256 in sorted(stored - here):
            # The list is a moment old: only what is not there now is lost.
            if not blobs.has(org_id, sha256):
                _LOG.error("The stored file %s of %s is lost.", sha256, org_id)
                for media_id in repository.mark_lost(connection, org_id, sha256):
                    repository.raise_issue(connection, org_id, media_id, code="media_lost")
