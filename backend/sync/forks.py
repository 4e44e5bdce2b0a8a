"""A device that lives twice: its database was copied, or went back in time, and counts again."""

from collections.abc import Mapping, Sequence

from backend.api.problems import Conflict, Malformed
from backend.identity.actor import Actor
from backend.sync.ledger import Known
from backend.sync.protocol.messages import Mutation, PushRequest

_COUNTED_SINCE = 2
"""Version 1 of the protocol promised nothing of a device's counts."""
_MAX_COUNT = 2**63 - 1


class DeviceForked(Conflict):
    """Two lives of a device use one id: the one that hears this takes another."""

    code, title = "device_forked", "This device lives twice"

    def __init__(self) -> None:
        super().__init__(
            "Another copy of this device has used the same counts: register a new device id"
            " (POST /v1/devices), keep the queue, and push again."
        )


def is_counted(request: PushRequest) -> bool:
    """Tell whether the device promises to count its mutations."""
    return request.protocol >= _COUNTED_SINCE


def check_counts(mutations: Sequence[Mutation]) -> None:
    """Raise DeviceForked for a count that is missing or stands for two mutations of a batch."""
    ids: dict[int, str] = {}
    for one in mutations:
        if one.seq > _MAX_COUNT:
            raise Malformed(f"seq goes up to {_MAX_COUNT}.", code="bad_envelope")
        if one.seq < 1 or ids.setdefault(one.seq, one.id) != one.id:
            raise DeviceForked


def check_lives(actor: Actor, mutations: Sequence[Mutation], known: Mapping[str, Known]) -> None:
    """Raise DeviceForked when another life of the device used one of the counts before."""
    own = str(actor.device_id)
    counted = {one.seq: key for key, one in known.items() if one.device_id == own}
    for one in mutations:
        if counted.get(one.seq, one.id) != one.id:
            raise DeviceForked
