"""What one run of the engine did."""

from dataclasses import dataclass, field

from backend.sync.protocol.messages import Status
from mobile_client.views import SyncState


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The counts of one run; `state` is how it ended and `message` why, empty when all went well.

    `left` counts the mutations and files that are still to be sent.
    """

    state: SyncState
    message: str
    pushed: int
    statuses: dict[str, int]
    pulled_rows: int
    drops: int
    acks: int
    pages: int
    was_full_pull: bool
    files_sent: int
    file_bytes: int
    is_map_new: bool
    left: int

    @property
    def is_complete(self) -> bool:
        """True when everything was sent and received."""
        return self.state == "idle" and self.left == 0


@dataclass(slots=True)
class Tally:
    """The counts while a run goes on; `problems` are sentences about what did not work."""

    statuses: dict[str, int] = field(default_factory=dict)
    pushed: int = 0
    pulled_rows: int = 0
    drops: int = 0
    acks: int = 0
    pages: int = 0
    was_full_pull: bool = False
    files_sent: int = 0
    file_bytes: int = 0
    is_map_new: bool = False
    problems: list[str] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)

    def count(self, status: Status) -> None:
        """Count one answer to a mutation."""
        self.pushed += 1
        self.statuses[status.value] = self.statuses.get(status.value, 0) + 1

    def report(self, state: SyncState, message: str, left: int) -> SyncReport:
        """Return the run's report."""
        return SyncReport(
            state=state,
            message=message,
            pushed=self.pushed,
            statuses=dict(self.statuses),
            pulled_rows=self.pulled_rows,
            drops=self.drops,
            acks=self.acks,
            pages=self.pages,
            was_full_pull=self.was_full_pull,
            files_sent=self.files_sent,
            file_bytes=self.file_bytes,
            is_map_new=self.is_map_new,
            left=left,
        )
