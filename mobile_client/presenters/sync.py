"""Sync status: each item's state in words, and the choices only the user can make."""

from dataclasses import dataclass

from mobile_client.facade import Core
from mobile_client.i18n import Words
from mobile_client.presenters.badge import Tone, badge
from mobile_client.views import IssueItem, OutboxItem, SyncStatus


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One thing to send."""

    title: str
    detail: str
    trail: str
    icon: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class IssueLine:
    """A choice: `mine` and `theirs` are empty when the server leaves none."""

    id: str
    title: str
    detail: str
    mine: str
    theirs: str
    can_use_mine: bool


@dataclass(frozen=True, slots=True)
class SyncText:
    """The whole screen."""

    icon: str
    tone: Tone
    headline: str
    detail: str
    issues: tuple[IssueLine, ...]
    items: tuple[ItemLine, ...]
    empty: str
    who: str


_ICONS = {
    "check_in": "pin_check",
    "account": "store",
    "contact": "person",
    "note": "note",
    "photo": "camera",
    "voice": "microphone",
    "choice": "check",
    "rework": "route",
}


def sync(core: Core, words: Words) -> SyncText:
    """How sending stands, in words."""
    status = core.sync_status()
    bar = badge(status, words)
    session = core.session
    return SyncText(
        icon=bar.icon,
        tone=bar.tone,
        headline=bar.text,
        detail=_detail(core, status, words),
        issues=tuple(_issue(issue, words) for issue in status.issues),
        items=tuple(_item(core, item, words) for item in status.items),
        empty="" if status.items or status.issues else words("Nothing is waiting on this phone."),
        who=session.user_name if session else "",
    )


def _detail(core: Core, status: SyncStatus, words: Words) -> str:
    now, parts = core.now(), []
    if status.message and status.state in {"error", "offline"}:
        told = words.problem("sync_problem", status.code, status.message)
        parts.append(told.rstrip(".") + ".")
    if status.last_sync_at:
        when = words.moment(status.last_sync_at, now)
        parts.append(words("Last synced {time}.", time=when))
    elif status.state != "syncing":
        parts.append(words("Not synced yet."))
    if status.next_try_at and status.state in {"error", "offline"}:
        parts.append(words("Next try {time}.", time=words.moment(status.next_try_at, now)))
    return " ".join(parts)


def _item(core: Core, item: OutboxItem, words: Words) -> ItemLine:
    return ItemLine(
        title=_title(item, words),
        detail=_item_state(item, words),
        trail=words.moment(item.at, core.now()),
        icon=_ICONS[item.kind],
        tone="warn" if item.state == "retry" else "info",
    )


def _title(item: OutboxItem | IssueItem, words: Words) -> str:
    kind = words.label("item", item.kind)
    return f"{kind}: {item.subject}" if item.subject else kind


def _item_state(item: OutboxItem, words: Words) -> str:
    match item.state:
        case "waiting":
            return words("Saved on this phone, waiting to send")
        case "sending":
            if item.total_bytes:
                percent = round(100 * item.sent_bytes / item.total_bytes)
                return words("Sending {n} %", n=percent)
            return words("Sending")
        case "retry":
            reason = item.error.rstrip(".") or words("no answer from the server")
            return words("Try {n} failed: {reason}. Trying again.", n=item.tries, reason=reason)


def _issue(issue: IssueItem, words: Words) -> IssueLine:
    title = _title(issue, words)
    if not issue.can_use_mine:
        told = words.problem("issue_problem", issue.code, issue.message)
        return IssueLine(issue.id, title, told, "", "", can_use_mine=False)
    detail = words(
        "{field} was also changed by {who}.",
        field=", ".join(words.label("field", name) for name in issue.field.split(",")),
        who=issue.who or words("the office"),
    )
    nothing = words("(empty)")
    return IssueLine(
        issue.id, title, detail, issue.mine or nothing, issue.theirs or nothing, can_use_mine=True
    )
