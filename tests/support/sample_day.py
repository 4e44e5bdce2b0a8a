"""One representative's account cards and day among the real places of Helsinki."""

from datetime import date, datetime, timedelta

from mobile_client.views import (
    AccountCard,
    ContactRow,
    DayView,
    NoteRow,
    Session,
    StopRow,
    VisitRow,
)
from tests.support.helsinki_places import Place, helsinki_places

MIDDLE = (24.9425, 60.1695)


def _distance_order(place: Place) -> float:
    return (place.lon - MIDDLE[0]) ** 2 * 0.25 + (place.lat - MIDDLE[1]) ** 2


def sample_session() -> Session:
    """A representative in Helsinki."""
    return Session("u1", "Lan Nguyễn", "Helsinki Coffee", "rep", "vi", "Europe/Helsinki")


def sample_card(place: Place, now: datetime) -> AccountCard:
    """A place with one contact, one past visit and one note."""
    stages = ("prospect", "customer", "lapsed")
    stage = stages[sum(place.id.encode()) % 3]
    past = VisitRow("v-" + place.id, now - timedelta(days=21), "done", "met", "Lan Nguyễn")
    note = NoteRow("n-" + place.id, "Muốn xem bảng giá mới", past.at, "Lan Nguyễn")
    return AccountCard(
        id=place.id,
        name=place.name,
        category=place.category,
        stage=stage,
        address=place.address,
        phone=place.phone,
        email="",
        website=place.website,
        opening_hours=place.opening_hours,
        preferred_hours="Mo-Fr 08:00-10:00",
        preferred_hours_are_firm=False,
        lon=place.lon,
        lat=place.lat,
        contacts=(
            ContactRow("c-" + place.id, "Aino Virtanen", "Mua hàng", "+358 40 123 4567", ""),
        ),
        visits=(past,),
        notes=(note,),
    )


LATE_STOP = 4
"""The stop with a delivery, at another time than its account prefers."""


def sample_day(now: datetime, stops: int) -> DayView:
    """So many stops near the middle, 35 minutes apart."""
    chosen = sorted(helsinki_places(), key=_distance_order)[: stops * 6 : 6]
    rows = tuple(
        StopRow(
            visit_id=f"visit-{position}",
            account_id=place.id,
            position=position,
            name=place.name,
            address=place.address,
            lon=place.lon,
            lat=place.lat,
            arrival_at=now + timedelta(minutes=35 * (position - 1) + 8),
            leg_m=180.0 + 240.0 * position,
            state="planned",
            is_preferred=position != LATE_STOP,
            kind="delivery" if position == LATE_STOP else "routine",
        )
        for position, place in enumerate(chosen, 1)
    )
    if not rows:
        return DayView(date(2025, 11, 21))
    return DayView(
        on=date(2025, 11, 21),
        stops=rows,
        distance_m=8_640.0,
        drive_seconds=2_520.0,
        starts_at=now,
        ends_at=now + timedelta(hours=5),
    )
