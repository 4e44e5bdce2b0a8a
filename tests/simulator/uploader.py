"""Media: announce a photo, send it by tus through a bad line, and see that it is stored."""

import functools
import io
import time

from PIL import Image

from backend.sync.protocol.ids import new_id
from tests.simulator.handset import Handset
from tests.simulator.wire import Answer, LostError

_TUS = {"Tus-Resumable": "1.0.0"}
_PATIENCE_S = 60.0
"""PostgreSQL is back by then, and so is a service that was killed."""


class Uploader:
    """Sends a device's photos."""

    def __init__(self, phone: Handset) -> None:
        self.phone = phone
        self.waiting: dict[str, bytes] = {}
        """Photos whose record was pushed and that the server has not stored yet."""

    def take(self) -> None:
        """Take a photo of a shop and queue its record."""
        phone = self.phone
        accounts = phone.store.ids("account")
        if accounts:
            data = _photo(phone.rng.randrange(10_000))
            store = phone.store.copy()
            media_id = new_id()
            made = phone.person.media(store, media_id, phone.rng.choice(accounts), data)
            store.outbox.append(made)
            phone.store = store
            with phone.world.lock:
                phone.world.sent[made["id"]] = made
            phone.tally.count("mutations")
            self.waiting[media_id] = data

    def send_what_is_known(self) -> None:
        """Send the photos whose records came back by pull."""
        for media_id in list(self.waiting):
            if media_id in self.phone.store.rows.get("media", {}):
                self._send(media_id, self.waiting[media_id])

    def drain(self) -> None:
        """Send all that still waits; a photo that does not get through is a failure."""
        for media_id, data in list(self.waiting.items()):
            if media_id not in self.phone.store.rows.get("media", {}):
                del self.waiting[media_id]
                continue
            end = time.monotonic() + _PATIENCE_S
            while time.monotonic() < end:
                try:
                    self._send(media_id, data)
                except LostError:
                    time.sleep(0.05)
                    continue
                if media_id not in self.waiting:
                    break
            else:
                self.phone.tally.fail(self.phone.log, "a photo did not get through", [media_id])

    def _send(self, media_id: str, data: bytes) -> None:
        phone = self.phone
        begun = self._begin(media_id, len(data))
        if begun.status == 201:
            self._piece(begun.headers["location"], int(begun.headers["upload-offset"]), data)
            begun = self._begin(media_id, len(data))
        if begun.status == 200:
            phone.tally.count("photos stored")
            with phone.world.lock:
                phone.world.stored.append(media_id)
            del self.waiting[media_id]
        elif begun.status == 404:
            # The account left this person's scope meanwhile.
            del self.waiting[media_id]
        elif begun.status not in {201, 507}:
            told = [f"{begun.status} {begun.body[:300]!r}"]
            phone.tally.fail(phone.log, "an upload was refused", told)
            del self.waiting[media_id]

    def _begin(self, media_id: str, size: int) -> Answer:
        phone = self.phone
        path = f"/v1/media/{media_id}/upload"
        headers = {**phone.headers(), **_TUS, "Upload-Length": str(size)}
        answer = phone.wire.ask("POST", path, headers)
        return phone.understand(answer, lambda: self._begin(media_id, size))

    def _piece(self, path: str, offset: int, data: bytes) -> None:
        """Send the rest, or a part of it; the service or the line may die on the way."""
        phone, rng, strikes = self.phone, self.phone.rng, self.phone.world.strikes
        rest = data[offset:]
        fault = ""
        if strikes(rng, "server killed in mid-PATCH"):
            fault = rng.choice([f"die-in-body:{rng.randint(1, len(rest) or 1)}",
                                f"die:{rng.randint(2, 8)}", "die-before-commit",
                                "die-after-commit"])  # fmt: skip
        if rng.random() < 0.3:
            rest = rest[: rng.randint(1, len(rest) or 1)]
        headers = {
            **phone.headers(fault), **_TUS, "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }  # fmt: skip
        if strikes(rng, "upload cut"):
            phone.wire.ask_cut(path, headers, rest, rng.randrange(len(rest) or 1), method="PATCH")
            phone.tally.fault("upload cut at a random byte")
            return
        answer = phone.wire.ask("PATCH", path, headers, rest)
        phone.log("PATCH", offset, len(rest), answer.status, answer.code)
        if answer.code == "user_disabled":
            return  # since the upload was begun; the next beginning tells the phone
        if answer.status not in {204, 401, 404, 409, 423, 503, 507}:
            told = [f"{answer.status} {answer.body[:300]!r}"]
            phone.tally.fail(phone.log, "a piece was refused", told)


@functools.cache
def _photo(number: int) -> bytes:
    """Return a small real photo, another one for each number."""
    out = io.BytesIO()
    picture = Image.new("RGB", (24, 16), (number % 256, number // 256, 90))
    picture.save(out, "JPEG", comment=str(number).encode())
    return out.getvalue()
