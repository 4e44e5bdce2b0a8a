"""The rest of the day planned anew: what the rep says of each visit, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mobile_client.facade import Core, EditError, GpsUnavailable
from mobile_client.i18n import Words
from mobile_client.presenters.badge import Tone
from mobile_client.proposals import MARKS, Cost, Mark, Proposal, ProposedDrop, ProposedStop, Wish
from mobile_client.views import Fix

HEAVY_TRAFFIC = 150
"""Per cent of the usual travel time: what a rush hour in a large town takes."""

_GPS_SECONDS = 8.0
_GOOD_ACCURACY_M = 200


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A heading, or a visit that can be touched to say something of it."""

    account_id: str
    title: str
    detail: str = ""
    trail: str = ""
    icon: str = ""
    tone: Tone = "info"
    is_heading: bool = False
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class ReplanText:
    """The whole screen; `before` and `after` compare, `change` says it in one line."""

    hint: str
    before: str
    after: str
    change: str
    lines: tuple[PlanLine, ...]
    can_accept: bool
    is_by_hand: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to say of a visit; `mark` is empty for taking it back."""

    mark: Mark | None
    label: str
    icon: str


_ICONS: dict[Mark, str] = {
    "closed": "close",
    "skipped": "next",
    "urgent": "alert",
    "later": "clock",
    "pinned": "pin",
}


class ReplanForm:
    """What the rep has said so far; every word asks for a new proposal.

    Planning takes a moment on long days, so it is done beside the window: `plan` there, then
    `take` on the window's own thread.
    """

    def __init__(self, core: Core, words: Words, marks: Mapping[str, Mark] | None = None) -> None:
        self._core, self._words = core, words
        self._wish = Wish(marks=dict(marks or {}))
        self._proposal: Proposal | None = None

    @property
    def is_traffic_heavy(self) -> bool:
        """Whether the ways take longer today."""
        return self._wish.traffic == HEAVY_TRAFFIC

    @property
    def has_had_lunch(self) -> bool:
        """Whether the rep said that lunch is over."""
        return bool(self._wish.had_lunch)

    @property
    def wish(self) -> Wish:
        """All that was said."""
        return self._wish

    def plan(self, wish: Wish) -> Proposal | EditError:
        """Plans anew from now on; an EditError when today has no plan (any more)."""
        try:
            return self._core.replan(wish)
        except EditError as error:
            return error

    def take(self, wish: Wish, proposal: Proposal) -> bool:
        """Keeps a proposal; False when more was said since it was asked for."""
        if wish is not self._wish:
            return False
        self._proposal = proposal
        return True

    def mark(self, account_id: str, mark: Mark | None) -> None:
        """Says something of a visit, None takes it back; the last urgent one comes last."""
        marks = {key: kept for key, kept in self._wish.marks.items() if key != account_id}
        if mark is not None:
            marks[account_id] = mark
        self._wish = replace(self._wish, marks=marks)

    def toggle_traffic(self) -> None:
        """Heavy traffic, or the usual one."""
        self._wish = replace(self._wish, traffic=100 if self.is_traffic_heavy else HEAVY_TRAFFIC)

    def toggle_lunch(self) -> None:
        """Lunch is over, or as the plan has it."""
        self._wish = replace(self._wish, had_lunch=None if self.has_had_lunch else True)

    def measure(self) -> Fix | GpsUnavailable:
        """Blocks until there is a position; for a thread beside the window's."""
        try:
            return self._core.device.gps.fix(_GPS_SECONDS)
        except GpsUnavailable as unavailable:
            return unavailable

    def use_fix(self, measured: Fix | GpsUnavailable) -> bool:
        """Goes on from a measured position; False without a good one: then from the last visit."""
        if isinstance(measured, GpsUnavailable) or measured.accuracy_m > _GOOD_ACCURACY_M:
            return False
        self._wish = replace(self._wish, position=(measured.lon, measured.lat))
        return True

    def accept(self) -> str:
        """Keeps the proposal; returns what undoes it. Raises EditError."""
        if self._proposal is None:
            raise EditError("gone", "route", "Nothing was planned yet.")
        return self._core.accept_replan(self._proposal)

    def name_of(self, account_id: str) -> str:
        """The visit's account."""
        names: dict[str, str] = {}
        if self._proposal is not None:
            names = {one.account_id: one.name for one in self._proposal.dropped}
            names |= {one.account_id: one.name for one in self._proposal.stops}
        return names.get(account_id, "")

    def choices(self, account_id: str) -> tuple[Choice, ...]:
        """What can be said of a visit; one that was said can be taken back."""
        words, said = self._words, self._wish.marks.get(account_id)
        found = [
            Choice(mark, words.label("mark", mark), _ICONS[mark]) for mark in MARKS if mark != said
        ]
        if said is not None:
            found.append(Choice(None, words("Take it back"), "back"))
        return tuple(found)

    def text(self) -> ReplanText | None:
        """The proposal in words, None before there is one."""
        words, proposal = self._words, self._proposal
        if proposal is None:
            return None
        return ReplanText(
            hint=_hint(proposal, words),
            before=words("As it is: {cost}", cost=_cost(proposal.before, words)),
            after=words("New: {cost}", cost=_cost(proposal.after, words)),
            change=_change(proposal, words),
            lines=(
                PlanLine("", words("Tap a visit to change it"), is_heading=True),
                *_visits(proposal, words),
                *_left_out(proposal, words),
            ),
            can_accept=bool(proposal.stops or proposal.dropped),
            is_by_hand=proposal.is_by_hand,
        )


def problem_of(error: EditError, words: Words) -> str:
    """Why there is nothing to plan anew, in words."""
    if error.code == "gone":
        return words("There is no plan for today, or it was just planned anew.")
    return words.problem("edit_problem", error.code, error.message)


def left_out_reason(reason: str, facts: Mapping[str, int | str], words: Words) -> str:
    """Why a visit has no place, with the number that tells most of it."""
    told = words.label("left_out", reason)
    for fact, sentence in (
        ("short_s", words("{minutes} min short")),
        ("shift_later_s", words("the shift would end {minutes} min later")),
        ("extra_travel_s", words("{minutes} min more on the way")),
        ("missing_s", words("{minutes} min short")),
    ):
        seconds = facts.get(fact)
        if isinstance(seconds, int) and seconds > 0:
            return f"{told}: {sentence.format(minutes=-(-seconds // 60))}"
    return told


def _hint(proposal: Proposal, words: Words) -> str:
    if proposal.is_by_hand:
        return words("This plan has no travel times on the phone: put the visits in order by hand.")
    if proposal.is_estimate:
        return words("Some times are estimated from the straight line.")
    return ""


def _cost(cost: Cost, words: Words) -> str:
    parts = [words("{n} visits", n=cost.stops)]
    if cost.distance_m is not None:
        parts.append(words.distance(cost.distance_m))
    if cost.travel_s is not None:
        parts.append(words("{time} on the way", time=words.duration(cost.travel_s)))
    if cost.ends_at is not None:
        parts.append(words("ends {time}", time=words.time(cost.ends_at)))
    return " · ".join(parts)


def _change(proposal: Proposal, words: Words) -> str:
    before, after = proposal.before, proposal.after
    if before.travel_s is None or after.travel_s is None:
        return ""
    minutes = round((after.travel_s - before.travel_s) / 60)
    metres = (after.distance_m or 0) - (before.distance_m or 0)
    if not minutes and not metres:
        return words("The way is as long as before")
    signed = f"{'−' if metres < 0 else '+'}{words.distance(abs(metres))}"
    minutes_signed = f"{'−' if minutes < 0 else '+'}{words.duration(abs(minutes) * 60)}"
    return words("On the way: {time}, {distance}", time=minutes_signed, distance=signed)


def _visits(proposal: Proposal, words: Words) -> list[PlanLine]:
    lines = [
        PlanLine(
            account_id=stop.account_id,
            title=f"{place}. {stop.name}",
            detail=_about(stop, place, words),
            trail=_when(stop, words),
            icon=_ICONS[stop.mark] if stop.mark else "store",
            tone="warn" if stop.mark == "urgent" else "info",
        )
        for place, stop in enumerate(proposal.stops, start=1)
    ]
    if proposal.lunch_at is not None:
        later = sum(
            stop.start_at is not None and stop.start_at < proposal.lunch_at
            for stop in proposal.stops
        )
        title = words("Lunch, {minutes} min", minutes=proposal.lunch_minutes)
        lunch = PlanLine("", title, trail=words.time(proposal.lunch_at), icon="clock")
        lines.insert(later, lunch)
    return lines


def _about(stop: ProposedStop, place: int, words: Words) -> str:
    parts = []
    if stop.mark:
        parts.append(words.label("mark", stop.mark))
    if stop.was is None:
        parts.append(words("new today"))
    elif stop.was != place:
        parts.append(words("was {n}", n=stop.was))
    if stop.leg_m is not None:
        parts.append(words.distance(stop.leg_m))
    return " · ".join(parts)


def _when(stop: ProposedStop, words: Words) -> str:
    if stop.start_at is None:
        return ""
    return f"{'≈ ' if stop.is_estimate else ''}{words.time(stop.start_at)}"


def _left_out(proposal: Proposal, words: Words) -> list[PlanLine]:
    if not proposal.dropped:
        return []
    return [
        PlanLine("", words("Left out"), is_heading=True),
        *(_dropped(one, words) for one in proposal.dropped),
    ]


def _dropped(one: ProposedDrop, words: Words) -> PlanLine:
    return PlanLine(
        account_id=one.account_id,
        title=one.name,
        detail=left_out_reason(one.reason, one.facts, words),
        icon="close",
        tone="warn",
        is_out=True,
    )
