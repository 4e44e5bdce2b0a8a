"""Today: the next stop large, the rest of the route below it."""

from dataclasses import dataclass

from mobile_client.facade import Core
from mobile_client.i18n import Words
from mobile_client.presenters.badge import Tone
from mobile_client.views import DayView, StopRow

_OUTCOME_TONES: dict[str, Tone] = {
    "met": "ok",
    "ordered": "ok",
    "not_in": "warn",
    "refused": "warn",
}


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop in the list."""

    visit_id: str
    account_id: str
    title: str
    detail: str
    trail: str
    icon: str
    tone: Tone
    is_done: bool


@dataclass(frozen=True, slots=True)
class NextStop:
    """The stop to go to now."""

    account_id: str
    visit_id: str
    name: str
    address: str
    when: str


@dataclass(frozen=True, slots=True)
class TodayText:
    """The whole screen; `empty` says why there is nothing to do, `notice` what to know."""

    date: str
    progress: str
    summary: str
    next_stop: NextStop | None
    lines: tuple[StopLine, ...]
    empty: str
    notice: str = ""


def today(core: Core, words: Words) -> TodayText:
    """The signed-in user's day in words."""
    day = core.today()
    total = sum(stop.state != "left_out" for stop in day.stops)
    following = day.next_stop
    return TodayText(
        date=words.weekday(day.on),
        progress=words("{done} of {total} done", done=day.done_count, total=total) if total else "",
        summary=_summary(day, words),
        next_stop=_next_stop(following, words) if following else None,
        lines=tuple(_line(stop, words) for stop in day.stops),
        empty=_empty(day, words, has_synced=core.sync_status().last_sync_at is not None),
        notice=_notice(day, words),
    )


def _notice(day: DayView, words: Words) -> str:
    if day.was_set_aside:
        return words("The office planned today anew: your order is kept there, and not followed.")
    return ""


def _summary(day: DayView, words: Words) -> str:
    parts = [words("Your order")] if day.is_reworked else []
    if day.distance_m is not None:
        parts.append(words.distance(day.distance_m))
    if day.drive_seconds is not None and not day.is_reworked:
        parts.append(words("{time} on the way", time=words.duration(day.drive_seconds)))
    if day.ends_at is not None:
        parts.append(words("ends {time}", time=words.time(day.ends_at)))
    return " · ".join(parts)


def _empty(day: DayView, words: Words, *, has_synced: bool) -> str:
    if not day.stops and not has_synced:
        return words("Getting your customers and today's route from the server…")
    if not day.stops:
        return words("No visits are planned for today. Check in from the map or the list.")
    return "" if day.next_stop else words("All visits of today are done.")


def _next_stop(stop: StopRow, words: Words) -> NextStop:
    parts = [words.time(stop.arrival_at)] if stop.arrival_at else []
    if stop.leg_m is not None:
        parts.append(words.distance(stop.leg_m))
    return NextStop(stop.account_id, stop.visit_id, stop.name, stop.address, " · ".join(parts))


def _tone(stop: StopRow) -> Tone:
    if stop.state == "left_out":
        return "warn"
    return "info" if stop.state == "planned" else _OUTCOME_TONES.get(stop.outcome or "", "ok")


def _line(stop: StopRow, words: Words) -> StopLine:
    is_done = stop.state != "planned"
    is_out = stop.state == "left_out"
    detail = words.label("outcome", stop.outcome) if stop.outcome else stop.address
    if is_out:
        detail = words.label("left_out", stop.left_out)
    if stop.state == "planned":
        kind = words.label("kind", stop.kind) if stop.kind != "routine" else ""
        late = "" if stop.is_preferred else words("Not at the hours it prefers")
        detail = " · ".join(part for part in (kind, late, detail) if part)
    if stop.is_pending:
        detail = f"{detail} · {words('waiting to send')}"
    return StopLine(
        visit_id=stop.visit_id,
        account_id=stop.account_id,
        title=stop.name if is_out else f"{stop.position}. {stop.name}",
        detail=detail,
        trail=words.time(stop.arrival_at) if stop.arrival_at else "",
        icon="close" if is_out else "check" if is_done else "store",
        tone=_tone(stop),
        is_done=is_done,
    )
