"""A full disk under the service, for one request: what the guard measures is ours."""

from pathlib import Path

from backend.api.disk import DiskGuard
from tests.simulator import sabotage


def watch() -> None:
    """Let the disk guard measure no room at all where the request says so."""
    plain = DiskGuard.has_room
    full = DiskGuard([Path("/")], 1, measure=lambda _: 0)

    def has_room(guard: DiskGuard, times: int = 1) -> bool:
        visit = sabotage.current.get()
        if visit is not None and visit.kind == "disk-full":
            return plain(full, times)
        return plain(guard, times)

    setattr(DiskGuard, "has_room", has_room)  # noqa: B010  # a method cannot be assigned to
