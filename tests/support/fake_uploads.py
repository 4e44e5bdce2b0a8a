"""The fake server's tus door: uploads in memory."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.sync.protocol.ids import new_id
from tests.support.fake_answers import Answer, problem
from tests.support.fake_records import Records

type Door = Callable[[dict[str, str], bytes], Answer]


@dataclass
class UploadState:
    """A tus upload under way."""

    media_id: str
    size: int
    content: bytearray = field(default_factory=bytearray)


class Uploads:
    """Creation, offset, bytes, termination and expiry."""

    records: Records
    uploads: dict[str, UploadState]
    stored: dict[str, bytes]
    expired: set[str]
    terminated: list[str]

    def _upload_door(self, method: str, key: str) -> Door:
        if key in self.expired:
            return lambda _, __: problem(410, "upload_expired")
        if method == "DELETE":
            return lambda _, __: self._terminate(key)
        if method == "HEAD":
            return lambda _, __: self._offset(key, 200)
        return lambda headers, body: self._patch(key, headers, body)

    def _create_upload(self, media_id: str, headers: dict[str, str]) -> Answer:
        if ("media", media_id) not in self.records.rows:
            return problem(404, "not_found")
        if media_id in self.stored:
            return Answer(200, headers={"Tuyen-Media-State": "stored"})
        for key, upload in self.uploads.items():
            if upload.media_id == media_id and key not in self.expired:
                return Answer(201, headers={"Location": f"/v1/uploads/{key}"})
        key = new_id()
        self.uploads[key] = UploadState(media_id, int(headers["upload-length"]))
        return Answer(201, headers={"Location": f"http://elsewhere.example/v1/uploads/{key}"})

    def _terminate(self, key: str) -> Answer:
        del self.uploads[key]
        self.terminated.append(key)
        return Answer(204)

    def _offset(self, key: str, status: int) -> Answer:
        upload = self.uploads[key]
        offset = str(len(upload.content))
        return Answer(status, headers={"Upload-Offset": offset, "Upload-Length": str(upload.size)})

    def _patch(self, key: str, headers: dict[str, str], body: bytes) -> Answer:
        upload = self.uploads[key]
        if int(headers["upload-offset"]) != len(upload.content):
            return problem(409, "wrong_offset")
        upload.content += body
        answer = self._offset(key, 204)
        if len(upload.content) == upload.size:
            del self.uploads[key]
            stored = self.records.rows["media", upload.media_id].values
            if hashlib.sha256(upload.content).hexdigest() != stored["sha256"]:
                return problem(460, "checksum_mismatch")
            self.stored[upload.media_id] = bytes(upload.content)
            self.records.put("media", upload.media_id, state="stored")
        return answer
