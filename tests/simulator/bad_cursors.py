"""Cursors that are not the device's own: forged, another device's, or of another database."""

import base64

import msgspec

from tests.simulator.puller import PULL_PATH, Puller


def try_bad_cursor(puller: Puller, name: str) -> None:
    """Ask with a cursor that is not ours; it must be refused, and is dropped."""
    phone = puller.phone
    text, expected = _bad_cursor(puller, name)
    if text is None:
        return
    answer = phone.post(PULL_PATH, puller.body(cursor=text, limit=50))
    if answer.status == 403:
        return
    if (answer.status, answer.code) not in expected:
        told = [f"{name}: {answer.status} {answer.code}"]
        phone.tally.fail(phone.log, "a bad cursor was not refused", told)
        return
    phone.tally.fault(name)
    phone.log(name, "refused:", answer.code)
    phone.lose_cursor()


def _bad_cursor(puller: Puller, name: str) -> tuple[str | None, set[tuple[int, str]]]:
    phone, rng = puller.phone, puller.phone.rng
    own = phone.store.cursor
    if name == "foreign cursor":
        with phone.world.lock:
            others = [one for one in phone.world.cursors if one != own]
        mine = phone.actor.device_id
        signer = phone.world.house.signer
        others = [one for one in others if signer.unseal(one).holder.device_id != mine]
        return (rng.choice(others) if others else None), {(400, "cursor_invalid")}
    if own is None:
        return None, set()
    if name == "wrong-epoch cursor":
        signer = phone.world.house.signer
        sealed = signer.unseal(own)
        holder = msgspec.structs.replace(sealed.holder, epoch="another life")
        return signer.seal(holder, sealed.position), {(410, "epoch_changed")}
    raw = bytearray(base64.urlsafe_b64decode(own + "=" * (-len(own) % 4)))
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    forged = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    return forged, {(400, "cursor_invalid")}
