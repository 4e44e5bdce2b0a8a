"""The words of handouts in two languages, and how they write days, times and distances."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

_HOUR_S, _MINUTE_S = 3600, 60
_KM = 1000
_WHOLE_KM_FROM_M = 100_000


class Words(msgspec.Struct, frozen=True):
    """One language's words."""

    language: str
    route: str
    visits: str
    stops: str
    travel: str
    estimate: str
    lunch: str
    lunch_mark: str
    lunch_first: str
    lunch_after: str
    way: str
    navigate: str
    day_ends: str
    time: str
    customer: str
    contact: str
    open_on_day: str
    closed_on_day: str
    only_visited: str
    rather_visited: str
    dropped: str
    no_stops: str
    replaced: str
    cancelled: str
    page: str
    scan: str
    no_basemap: str
    outside_basemap: str
    hour: str
    minute: str
    decimal: str
    days: tuple[str, ...]
    profiles: Mapping[str, str]
    reasons: Mapping[str, str]

    def day(self, on_date: date) -> str:
        """Return a day with its weekday, such as "Thứ Hai, 23/11/2026"."""
        return f"{self.days[on_date.weekday()]}, {on_date.day}/{on_date.month}/{on_date.year}"

    def duration(self, seconds: int) -> str:
        """Return a time span in hours and minutes."""
        minutes = round(seconds / _MINUTE_S)
        hours, rest = divmod(minutes, _HOUR_S // _MINUTE_S)
        return f"{hours} {self.hour} {rest:02d}" if hours else f"{rest} {self.minute}"

    def distance(self, metres: int) -> str:
        """Return a distance in metres or kilometres."""
        if metres < _KM:
            return f"{metres} m"
        if metres >= _WHOLE_KM_FROM_M:
            return f"{round(metres / _KM)} km"
        return f"{metres / _KM:.1f} km".replace(".", self.decimal)

    def leg(self, distance_m: int, seconds: int, *, is_estimate: bool) -> str:
        """Return the way into a stop; what is only estimated is marked."""
        about = "≈ " if is_estimate else ""
        return f"{about}{self.distance(distance_m)} · {about}{self.duration(seconds)}"


VIETNAMESE = Words(
    language="vi",
    route="Tuyến ghé thăm",
    visits="Lượt ghé thăm",
    stops="điểm dừng",
    travel="di chuyển",
    estimate="Ước tính: quãng đường và thời gian tính theo đường chim bay, không theo mạng đường.",
    lunch="Nghỉ trưa",
    lunch_mark="T",
    lunch_first="Nghỉ trưa trước lượt này",
    lunch_after="Nghỉ trưa sau lượt này",
    way="Chặng đến đây",
    navigate="Chỉ đường",
    day_ends="Hết ngày",
    time="Giờ",
    customer="Khách hàng",
    contact="Liên hệ",
    open_on_day="Mở cửa",
    closed_on_day="Đóng cửa trong ngày này",
    only_visited="Chỉ ghé",
    rather_visited="Nên ghé",
    dropped="Bỏ lại",
    no_stops="Ngày này không có lượt ghé thăm nào.",
    replaced="Tuyến này đã được thay bằng tuyến mới hơn.",
    cancelled="Đã huỷ",
    page="Trang {page}/{pages}",
    scan="Quét để được chỉ đường",
    no_basemap="Chưa cài bản đồ nền: chỉ vẽ các điểm dừng và đường đi.",
    outside_basemap="Bản đồ nền không phủ khu vực này.",
    hour="giờ",
    minute="phút",
    decimal=",",
    days=("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    profiles={"car": "ô tô", "scooter": "xe máy", "bicycle": "xe đạp", "foot": "đi bộ"},
    reasons={
        "closed_today": "Đóng cửa trong ngày này",
        "no_own_hours_today": "Chỉ ghé trong giờ khách hẹn, ngày này không có",
        "excluded": "Được bỏ ra bằng tay",
        "no_street_nearby": "Gần đó không có đường",
        "unreachable": "Không đến được bằng đường bộ",
        "window_too_short": "Giờ ghé được ngắn hơn thời lượng ghé thăm",
        "outside_shift": "Chỉ ghé được ngoài ca làm",
        "lunch_in_the_way": "Chỉ ghé được trong giờ nghỉ trưa",
        "too_far": "Đi xa hơn mức cho phép trong ngày",
        "no_time_left": "Hết thời gian trong ngày",
        "lower_value": "Hôm nay các khách khác quan trọng hơn",
    },
)

ENGLISH = Words(
    language="en",
    route="Visit route",
    visits="Visits",
    stops="stops",
    travel="on the way",
    estimate="Estimate: distances and times follow the straight line, not a street network.",
    lunch="Lunch",
    lunch_mark="L",
    lunch_first="Lunch before this visit",
    lunch_after="Lunch after this visit",
    way="The way here",
    navigate="Navigate",
    day_ends="End of the day",
    time="Time",
    customer="Customer",
    contact="Contact",
    open_on_day="Open",
    closed_on_day="Closed on this day",
    only_visited="Visit only",
    rather_visited="Visit rather",
    dropped="Left out",
    no_stops="There are no visits on this day.",
    replaced="This route was replaced by a newer one.",
    cancelled="Cancelled",
    page="Page {page}/{pages}",
    scan="Scan to navigate",
    no_basemap="No basemap is installed: only the stops and the way are drawn.",
    outside_basemap="The basemap does not cover this area.",
    hour="h",
    minute="min",
    decimal=".",
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    profiles={"car": "car", "scooter": "scooter", "bicycle": "bicycle", "foot": "on foot"},
    reasons={
        "closed_today": "Closed on this day",
        "no_own_hours_today": "Visited at hours of its own only, and none is on this day",
        "excluded": "Left out by hand",
        "no_street_nearby": "No street is near",
        "unreachable": "No road leads there",
        "window_too_short": "Can be visited for less time than the visit takes",
        "outside_shift": "Can be visited outside the shift only",
        "lunch_in_the_way": "Can be visited at lunch time only",
        "too_far": "Farther than the day may go",
        "no_time_left": "No time left in the day",
        "lower_value": "Others matter more today",
    },
)


def words_of(language: str) -> Words:
    """Return a language's words; Vietnamese for a language that we do not speak."""
    return ENGLISH if language == ENGLISH.language else VIETNAMESE


def position(location: tuple[float, float]) -> str:
    """Return a place without an address as navigation apps take it: latitude, longitude."""
    return f"{location[1]:.5f}, {location[0]:.5f}"


def clock(moment: datetime) -> str:
    """Return a local time as 08:05."""
    return f"{moment:%H:%M}"
