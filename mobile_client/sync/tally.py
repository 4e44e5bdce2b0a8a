"""What one run of the engine did."""

from dataclasses import dataclass, field

from backend.sync.protocol.messages import Status
from mobile_client.views import SyncState


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The counts of one run; `state` is how it ended and `message` why, empty when all went well.

    `left` counts the mutations and files that are still to be sent. `was_compared` tells of a
    manifest, `differing` names tables that did not fit the server's checksums.
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
    was_compared: bool
    differing: tuple[str, ...]
    files_sent: int
    file_bytes: int
    is_map_new: bool
    left: int

    @property
    def is_complete(self) -> bool:
        """True when everything was sent and received."""
        return self.state == "idle" and self.left == 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step did not work: a word for the screens, a sentence, and how long to wait."""

    code: str
    message: str
    retry_after_s: float = 0.0


@dataclass(slots=True)
class Tally:
    """The counts while a run goes on; `problems` say what did not work."""

    statuses: dict[str, int] = field(default_factory=dict)
    pushed: int = 0
    pulled_rows: int = 0
    drops: int = 0
    acks: int = 0
    pages: int = 0
    was_full_pull: bool = False
    was_compared: bool = False
    differing: set[str] = field(default_factory=set)
    files_sent: int = 0
    file_bytes: int = 0
    is_map_new: bool = False
    problems: list[Problem] = field(default_factory=list)
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
            was_compared=self.was_compared,
            differing=tuple(sorted(self.differing)),
            files_sent=self.files_sent,
            file_bytes=self.file_bytes,
            is_map_new=self.is_map_new,
            left=left,
        )
