"""A day to hand out, without a database: stops round a place, with whatever names a test wants."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.geo.polyline import encode_polyline
from backend.geo.vocabulary import LonLat
from backend.ids import new_id
from backend.routes.handout.schemas import Contact, Handout, HandoutStop, StopDetails
from backend.routes.schemas import DroppedVisit, Lunch, RouteRead, RouteStop

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = date(2026, 11, 23)
HELSINKI = LonLat(24.944, 60.1715)
NAMES = ("Tạp hoá Cô Ánh Nguyệt", "Quán cà phê Sông Hàn", "Cửa hàng Ệ Ữ Ỡ Ặ")
_ROW = 6


def make_handout(
    count: int,
    *,
    names: Sequence[str] = NAMES,
    centre: LonLat = HELSINKI,
    profile: str = "scooter",
    is_estimate: bool = False,
    dropped: Sequence[str] = (),
) -> Handout:
    """Return a day of so many stops, in rows of six; `dropped` are reasons."""
    at = datetime(2026, 11, 23, 8, tzinfo=ZONE)
    places = [
        LonLat(centre.lon + index % _ROW / 800, centre.lat + index // _ROW / 1600)
        for index in range(count)
    ]
    stops: list[HandoutStop] = []
    for index, place in enumerate(places):
        start = at + timedelta(minutes=7)
        at = start + timedelta(minutes=15)
        name = names[index % len(names)]
        plan = RouteStop(
            new_id(), new_id(), name, (place.lon, place.lat), index + 1, start, start, at, 1240, 420
        )
        details = StopDetails(
            visit_id=plan.visit_id,
            status="planned",
            name=name,
            address=f"{index + 1} Lê Thánh Tôn, Quận 1",
            phone="+84901234567" if index % 2 else None,
            opening_hours="Mo-Fr 08:00-12:00,13:30-17:30" if index % 3 else None,
            contacts=(Contact("Chị Bích Ngọc", "+84912345678"),),
        )
        stops.append(HandoutStop(plan, details))
    route = RouteRead(
        id=new_id(),
        rep_id=new_id(),
        rep_name="Lê Văn Ứng",
        on_date=MONDAY,
        status="planned",
        profile=profile,
        is_estimate=is_estimate,
        engine="pyvrp",
        seed=1,
        traffic_percent=100,
        distance_m=1240 * count,
        travel_seconds=420 * count,
        wait_seconds=0,
        starts_at=datetime(2026, 11, 23, 8, tzinfo=ZONE),
        ends_at=at,
        line=encode_polyline(places) if count > 1 else None,
        stops=[stop.plan for stop in stops],
        dropped=[
            DroppedVisit(new_id(), f"Chợ {index}", reason, f"Its own sentence of {reason}.", {})
            for index, reason in enumerate(dropped)
        ],
        lunch=Lunch(datetime(2026, 11, 23, 12, tzinfo=ZONE), 45, min(2, count)),
        rv=1,
    )
    return Handout(route, tuple(stops), "Cà phê Sông Hàn", "Asia/Ho_Chi_Minh", "VN")
