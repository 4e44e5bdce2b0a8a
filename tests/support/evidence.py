"""A photo and a voice note of a done visit, announced in the database and sent by upload."""

import hashlib
import io
import wave
from uuid import UUID

import httpx
from PIL import Image

from backend.ids import new_id
from tests.support.city import City
from tests.support.ground import execute
from tests.support.server import RunningService


def jpeg() -> bytes:
    """Return a small real photo."""
    out = io.BytesIO()
    Image.effect_mandelbrot((640, 480), (-2.2, -1.3, 1.0, 1.3), 60).save(out, "JPEG")
    return out.getvalue()


def wav() -> bytes:
    """Return a second of a tone."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(128 + (40 if step // 20 % 2 else -40) for step in range(8000)))
    return out.getvalue()


def send_evidence(owner_url: str, service: RunningService, city: City) -> UUID:
    """Attach a stored photo, a stored voice note and a photo that is still to come to a visit."""
    ((visit_id, account_id),) = execute(
        owner_url,
        "SELECT id, account_id FROM visit WHERE rep_id = %s AND status = 'done'",
        city.org.rep.user_id,
    )
    token = service.app.state.tokens.sign(city.org.rep)
    headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
    files = [("photo", "image/jpeg", jpeg()), ("voice", "audio/wav", wav())]
    with httpx.Client(base_url=service.url, headers=headers, trust_env=False) as client:
        for kind, mime, data in [*files, ("photo", "image/jpeg", b"on the phone")]:
            media_id = new_id()
            execute(
                owner_url,
                "INSERT INTO media (org_id, id, account_id, visit_id, author_id, kind, sha256,"
                " size_bytes, mime, captured_at) VALUES"
                " (%s, %s, %s, %s, %s, %s, %s, %s, %s, '2026-11-22 08:10Z')",
                city.org.id, media_id, account_id, visit_id, city.org.rep.user_id, kind,
                hashlib.sha256(data).hexdigest(), len(data), mime,
            )  # fmt: skip
            if (kind, mime, data) in files:
                _upload(client, media_id, data)
    return UUID(str(visit_id))


def _upload(client: httpx.Client, media_id: UUID, data: bytes) -> None:
    begun = client.post(f"/v1/media/{media_id}/upload", headers={"Upload-Length": str(len(data))})
    begun.raise_for_status()
    sent = client.patch(
        begun.headers["location"],
        content=data,
        headers={"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    )
    sent.raise_for_status()
