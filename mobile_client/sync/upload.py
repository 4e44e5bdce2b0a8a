"""Files go to the server by tus 1.0; the server says how far an upload got."""

from contextlib import suppress
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from mobile_client.device.clock import Clock
from mobile_client.store.captures import (
    Upload,
    due_uploads,
    hash_file,
    note_failed,
    note_paused,
    note_progress,
    note_stored,
    refuse_upload,
)
from mobile_client.store.database import Database
from mobile_client.store.points import At, pass_by
from mobile_client.sync.backoff import wait_seconds
from mobile_client.sync.http import Reply, Unreachable
from mobile_client.sync.problems import BUSY, NO_ROOM, ApiProblem
from mobile_client.sync.session import Sessions
from mobile_client.sync.tally import Problem, Tally

CHUNK_BYTES = 256 * 1024

_TUS = {"Tus-Resumable": "1.0.0"}
_STARTS = 3
_CONFLICT = 409
_GONE = frozenset({404, 410})
_REFUSED_CODES = frozenset({"media_type_refused", "too_large"})


class _Damaged(Exception):
    """The file on this phone is missing or not the one that was recorded."""


class Uploader:
    """Sends the files whose records the server has."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        clock: Clock,
        jitter: Random,
        folder: Path,
        *,
        at: At = pass_by,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._jitter = jitter
        self._folder = folder
        self._at = at

    def upload(self, user_id: str, tally: Tally, *, is_forced: bool) -> None:
        """Send every due file; raises Unreachable and SessionEnded, keeps other failures by file.

        A busy server ends the run with its ApiProblem.
        """
        now_s = self._clock.now().timestamp()
        with self._database.reading() as db:
            uploads = due_uploads(db, user_id, now_s, is_forced=is_forced)
        for upload in uploads:
            try:
                self._send_file(upload)
            except Unreachable:
                with self._database.writing() as db:
                    note_paused(db, upload.media_id)
                raise
            except _Damaged as error:
                self._refuse(upload, "file_damaged", str(error), tally)
            except ApiProblem as problem:
                self._take_problem(upload, problem, tally)
            else:
                self._at("media.stored")
                with self._database.writing() as db:
                    note_stored(db, upload.media_id, self._clock.now().timestamp())
                tally.files_sent += 1
                tally.file_bytes += upload.size_bytes

    def _take_problem(self, upload: Upload, problem: ApiProblem, tally: Tally) -> None:
        if problem.code in _REFUSED_CODES:
            self._refuse(upload, problem.code, problem.message, tally)
            return
        wait = wait_seconds(upload.tries + 1, self._jitter, at_least_s=problem.retry_after_s)
        with self._database.writing() as db:
            next_try_at = self._clock.now().timestamp() + wait
            note_failed(db, upload.media_id, next_try_at, problem.message)
        if problem.status in BUSY or problem.status == NO_ROOM:
            raise problem
        tally.problems.append(Problem(problem.code, problem.message, problem.retry_after_s))

    def _refuse(self, upload: Upload, code: str, message: str, tally: Tally) -> None:
        with self._database.writing() as db:
            refuse_upload(db, upload.media_id, code, message)
        tally.problems.append(Problem(code, message))
        with suppress(ApiProblem, Unreachable):
            self.terminate(upload.url)

    def terminate(self, url: str) -> None:
        """Tell the server to forget an upload that will not go on, where one was begun."""
        if url:
            self._sessions.send("DELETE", url, headers=_TUS)

    def _send_file(self, upload: Upload) -> None:
        """Bring one file over, from where the server stands; returns when the server stored it."""
        path = self._folder / upload.file
        if not path.is_file() or path.stat().st_size != upload.size_bytes:
            raise _Damaged("The recording is no longer on this phone.")
        url = upload.url
        for _ in range(_STARTS):
            url = url or self._create(upload) or ""
            if not url:
                return
            try:
                self._continue(upload, path, url)
            except ApiProblem as problem:
                if problem.code == "checksum_mismatch" and hash_file(path)[0] != upload.sha256:
                    raise _Damaged("The recording was damaged on this phone.") from problem
                if problem.status not in _GONE and problem.code != "checksum_mismatch":
                    raise
            # Asking again for the same medium is the receipt: only a stored one needs no upload.
            url = ""
        if self._create(upload) is not None:
            raise ApiProblem(200, "not_stored", "The server did not confirm the file.")

    def _create(self, upload: Upload) -> str | None:
        """Return where to upload, None when the server has the file."""
        headers = {**_TUS, "Upload-Length": str(upload.size_bytes)}
        reply = self._sessions.send("POST", f"/v1/media/{upload.media_id}/upload", headers=headers)
        if reply.headers.get("tuyen-media-state") == "stored":
            return None
        location = reply.headers.get("location", "")
        if not location:
            raise ApiProblem(reply.status, "bad_answer", "The server did not say where to upload.")
        # Only the path is taken: the token must never go to another host.
        return urlsplit(location).path

    def _continue(self, upload: Upload, path: Path, url: str) -> None:
        offset = _offset(self._sessions.send("HEAD", url, headers=_TUS))
        with path.open("rb") as file:
            while offset < upload.size_bytes:
                with self._database.writing() as db:
                    note_progress(db, upload.media_id, url=url, sent_bytes=offset)
                file.seek(offset)
                offset = self._patch(url, offset, file.read(CHUNK_BYTES))
                self._at("media.patched")

    def _patch(self, url: str, offset: int, chunk: bytes) -> int:
        headers = {
            **_TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
        }
        try:
            return _offset(self._sessions.send("PATCH", url, headers=headers, body=chunk))
        except ApiProblem as problem:
            if problem.status != _CONFLICT:
                raise
            return _offset(self._sessions.send("HEAD", url, headers=_TUS))


def _offset(reply: Reply) -> int:
    text = reply.headers.get("upload-offset", "")
    if not text.isdecimal():
        raise ApiProblem(reply.status, "bad_answer", "The server did not say how far it got.")
    return int(text)
