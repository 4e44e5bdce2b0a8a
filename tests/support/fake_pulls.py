"""The fake server's pulls: pages made from its records, kept by token, asked for again at will."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from backend.sync.protocol.checksum import digest_of
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import (
    Check,
    ManifestRequest,
    Moment,
    MutationResult,
    PullRequest,
    PullResponse,
)
from backend.sync.protocol.tables import TABLES
from tests.support.fake_records import Key, Records, Stored, columns

type Refused = tuple[int, str]
"""Status and code of a refusal."""


@dataclass(frozen=True)
class _Comparison:
    """A manifest under way: what was seen first, how far it got, what the old cursor had seen."""

    first: int
    after: Key | None
    seen: int


@dataclass
class Pulls:
    """Answers pull and manifest over the records as they are when a pull begins."""

    records: Records
    server_time: Moment
    epoch: str = "e1"
    page_rows: int = 1000
    expired_before: int = 0
    """Cursors that saw less than this are expired."""
    manifests: int = 0
    _pages: dict[str, tuple[list[PullResponse], int]] = field(default_factory=dict)
    _comparisons: dict[str, _Comparison] = field(default_factory=dict)

    def pull(self, request: PullRequest) -> PullResponse | Refused:
        """Answer a page, or why there is none."""
        token = request.token
        if token is None:
            seen = self._seen(request.cursor, request.device_id)
            if isinstance(seen, tuple):
                return seen
            if request.cursor is not None and seen < self.expired_before:
                return 410, "cursor_expired"
            token = self._begin(seen, seen, request.device_id, request.limit)
        if token not in self._pages:
            return 400, "cursor_invalid"
        pages, number = self._pages[token]
        page = pages[number]
        if page.state == "more":
            page = msgspec.structs.replace(page, token=self._keep(pages, number + 1))
        return page if request.check else msgspec.structs.replace(page, check=None)

    def manifest(self, request: ManifestRequest) -> PullResponse | Refused:
        """Answer what differs in one part of what a device holds."""
        self.manifests += 1
        seen = self._seen(request.cursor, request.device_id)
        if isinstance(seen, tuple):
            return seen
        known = _Comparison(self.records.change, None, seen)
        if request.token is not None:
            if request.token not in self._comparisons:
                return 400, "cursor_invalid"
            known = self._comparisons[request.token]
        assert request.have == sorted(request.have), "what is held must come in order"
        wanted, gone, place = self._differences(request, known.after)
        page = self._page(wanted, gone)
        if place is not None:
            token = new_id()
            self._comparisons[token] = _Comparison(known.first, place, known.seen)
            return msgspec.structs.replace(page, token=token, next=place)
        rest = self._begin(known.first, known.seen, request.device_id, request.limit)
        return msgspec.structs.replace(page, token=rest)

    def _differences(
        self, request: ManifestRequest, after: Key | None
    ) -> tuple[list[tuple[Key, Stored]], list[Key], Key | None]:
        """Return rows and drops of one part, and where the next begins; None is the end."""
        held = {(table, rid): rv for table, rid, rv in request.have}
        visible = {key: one for key, one in self.records.rows.items() if not one.is_hidden}
        upto = request.upto
        part = [
            key
            for key in sorted({*held, *visible})
            if (after is None or key > after) and (upto is None or key <= upto)
        ]
        wanted: list[tuple[Key, Stored]] = []
        gone: list[Key] = []
        for key in part:
            if len(wanted) + len(gone) >= min(self.page_rows, request.limit):
                place = part[part.index(key) - 1]
                return wanted, gone, place
            if key not in visible:
                gone.append(key)
            elif held.get(key) != visible[key].rv:
                wanted.append((key, visible[key]))
        return wanted, gone, upto

    def _seen(self, cursor: str | None, device: str) -> int | Refused:
        if cursor is None:
            return 0
        epoch, change, owner = cursor.split(":")
        if epoch != self.epoch:
            return 410, "epoch_changed"
        return int(change) if owner == device else (400, "cursor_invalid")

    def _begin(self, seen: int, acked: int, device: str, limit: int) -> str:
        found = self.records.since(seen)
        acks = [result for change, result in self.records.acks if acked and change > acked]
        size = min(self.page_rows, limit)
        chunks = [found[at : at + size] for at in range(0, len(found), size)] or [[]]
        pages = [self._page(chunk) for chunk in chunks]
        pages[-1] = self._last(pages[-1], acks, device)
        return self._keep(pages, 0)

    def _keep(self, pages: list[PullResponse], number: int) -> str:
        token = new_id()
        self._pages[token] = (pages, number)
        return token

    def _page(self, chunk: Iterable[tuple[Key, Stored]], gone: Iterable[Key] = ()) -> PullResponse:
        rows: list[msgspec.Raw] = []
        drops = list(gone)
        tables: set[str] = set()
        for (table, rid), stored in chunk:
            tables.add(table)
            if stored.is_hidden:
                drops.append((table, rid))
                continue
            values = [stored.values.get(name) for name in TABLES[table].columns]
            rows.append(msgspec.Raw(msgspec.json.encode((table, rid, stored.rv, values))))
        return PullResponse(
            state="more",
            server_time=self.server_time,
            cols=columns(tables),
            rows=rows,
            drop=drops,
            acks=[],
        )

    def _last(
        self, page: PullResponse, acks: Sequence[MutationResult], device: str
    ) -> PullResponse:
        held = {name: self.records.versions(name) for name in TABLES}
        return msgspec.structs.replace(
            page,
            state="done",
            acks=list(acks),
            cursor=f"{self.epoch}:{self.records.change}:{device}",
            check={name: Check(len(rows), digest_of(rows)) for name, rows in held.items()},
        )

    def forget(self) -> None:
        """Make every token of a page invalid."""
        self._pages.clear()
        self._comparisons.clear()
