"""A route as a printed sheet, A4: map, codes to scan, stops to tick, what was left out and why."""

import io
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import phonenumbers
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from backend.geo.basemap.reader import Basemap
from backend.geo.hours import Window, windows_on
from backend.geo.polyline import decode_polyline
from backend.geo.vocabulary import LonLat
from backend.press.letters import markup, printable, register_letters
from backend.press.page import (
    BODY,
    BOLD_BODY,
    BOX_STYLE,
    PAGE,
    ROW_STYLE,
    SMALL,
    TITLE,
    WIDTH,
    canvas_with_footer,
)
from backend.routes.handout.map_figure import MapFigure
from backend.routes.handout.schemas import Handout, HandoutStop, PieceLink, RouteLinks
from backend.routes.handout.sheet_parts import TickBox, code_row
from backend.routes.handout.words import Words, clock, position
from backend.routes.schemas import DroppedVisit, Lunch, RouteRead

_MAP = (WIDTH, 92 * mm)
_COLUMNS = (7 * mm, 8 * mm, 24 * mm, 79 * mm, 40 * mm, 24 * mm)
_MINUTES_AN_HOUR = 60
_ROW_TEXT = 160


def write_sheet(
    handout: Handout, links: RouteLinks, basemap: Basemap | None, words: Words
) -> bytes:
    """Return the PDF; the same route gives the same bytes. Letters are embedded."""
    register_letters()
    route, zone = handout.route, ZoneInfo(handout.time_zone)
    title = f"{words.route} · {words.day(route.on_date)}"
    story: list[Flowable] = [*_head(handout, title, words, zone)]
    story += _picture(handout, links, basemap, words)
    if route.stops:
        story.append(_stop_table(handout, words, zone))
    else:
        story.append(Paragraph(words.no_stops, BOLD_BODY))
    if route.dropped:
        story += _dropped(route.dropped, words)
    target = io.BytesIO()
    document = BaseDocTemplate(
        target,
        pagesize=A4,
        title=printable(title),
        author=printable(handout.org_name),
        lang=words.language,
        invariant=1,
    )
    document.addPageTemplates(PageTemplate(frames=[Frame(*PAGE, 0, 0, 0, 0)]))
    footer = printable(f"{route.rep_name} · {words.day(route.on_date)}")
    document.build(story, canvasmaker=canvas_with_footer(footer, words.page))
    return target.getvalue()


def _head(handout: Handout, title: str, words: Words, zone: ZoneInfo) -> list[Flowable]:
    route = handout.route
    about = "≈ " if route.is_estimate else ""
    facts = [
        f"{len(route.stops)} {words.stops}",
        about + words.distance(route.distance_m),
        f"{words.travel} {about}{words.duration(route.travel_seconds)}",
        f"{clock(route.starts_at.astimezone(zone))}–{clock(route.ends_at.astimezone(zone))}",
        words.profiles.get(route.profile, route.profile),
    ]
    head: list[Flowable] = [
        Paragraph(markup(title), TITLE),
        Paragraph(f"{markup(route.rep_name)} · {markup(handout.org_name)}", BOLD_BODY),
        Paragraph(markup(" · ".join(facts)), BODY),
    ]
    remarks = [words.replaced] if route.status == "replaced" else []
    remarks += [words.estimate] if route.is_estimate else []
    for remark in remarks:
        head += [
            Spacer(0, 2 * mm),
            Table([[Paragraph(remark, BOLD_BODY)]], [WIDTH], style=BOX_STYLE),
        ]
    return [*head, Spacer(0, 3 * mm)]


def _picture(
    handout: Handout, links: RouteLinks, basemap: Basemap | None, words: Words
) -> list[Flowable]:
    """Return the map and the codes to scan; nothing for a day without stops."""
    marks = [(str(stop.sequence), LonLat(*stop.location)) for stop in links.stops]
    if not marks:
        return []
    lunch = handout.route.lunch
    if lunch is not None and lunch.location is not None:
        marks.append((words.lunch_mark, LonLat(*lunch.location)))
    line = decode_polyline(handout.route.line) if handout.route.line else ()
    estimated = handout.route.is_estimate
    figure = MapFigure(marks, line, basemap, words, size=_MAP, is_estimate=estimated)
    codes = [(one.google, _numbers(one)) for one in links.pieces]
    return [figure, Spacer(0, 2 * mm), *code_row(codes, words.scan, WIDTH), Spacer(0, 2 * mm)]


def _numbers(piece: PieceLink) -> str:
    first, last = piece.from_sequence, piece.to_sequence
    return str(first) if first == last else f"{first}–{last}"


def _stop_table(handout: Handout, words: Words, zone: ZoneInfo) -> Table:
    route = handout.route
    head = ["", "", words.time, words.customer, words.contact, words.way]
    rows: list[list[object]] = [[Paragraph(one, SMALL) for one in head]]
    if route.lunch is not None and route.lunch.after_sequence == 0:
        rows.append(_lunch_row(route, route.lunch, words, zone))
    for stop in handout.stops:
        rows.append(_stop_row(handout, stop, words, zone))
        if route.lunch is not None and route.lunch.after_sequence == stop.plan.sequence:
            rows.append(_lunch_row(route, route.lunch, words, zone))
    end = Paragraph(clock(route.ends_at.astimezone(zone)), BODY)
    rows.append(["", "", end, Paragraph(words.day_ends, BODY), "", ""])
    return Table(rows, _COLUMNS, repeatRows=1, style=ROW_STYLE)


def _stop_row(handout: Handout, stop: HandoutStop, words: Words, zone: ZoneInfo) -> list[object]:
    route, plan = handout.route, stop.plan
    start, leave = (clock(one.astimezone(zone)) for one in (plan.start_at, plan.leave_at))
    leg = words.leg(plan.leg_distance_m, plan.leg_seconds, is_estimate=route.is_estimate)
    state = "" if stop.is_open else f" ({words.cancelled})"
    customer: list[Flowable] = [Paragraph(markup(stop.name) + state, BOLD_BODY)]
    customer += [
        Paragraph(markup(one, _ROW_TEXT), SMALL)
        for one in _particulars(handout, stop, words)
        if one
    ]
    return [
        TickBox() if stop.is_open else "",
        Paragraph(str(plan.sequence), BOLD_BODY),
        Paragraph(f"{start}–{leave}", BODY),
        customer,
        [Paragraph(markup(one, 80), SMALL) for one in _phones(handout, stop)],
        Paragraph(leg.replace(" · ", "<br/>"), SMALL),
    ]


def _particulars(handout: Handout, stop: HandoutStop, words: Words) -> list[str]:
    """Return the address, when the place is open on the day, and when it wants to be visited."""
    details = stop.details
    if details is None:
        return []
    windows = _windows(handout, stop, details.opening_hours)
    hours = details.opening_hours or "" if windows is None else _hours(windows, words)
    wished = _windows(handout, stop, details.preferred_hours)
    word = words.only_visited if details.preferred_hours_are_firm else words.rather_visited
    return [details.address or "", hours, f"{word} {_spans(wished)}" if wished else ""]


def _windows(handout: Handout, stop: HandoutStop, hours: str | None) -> Sequence[Window] | None:
    return windows_on(
        hours,
        handout.route.on_date,
        country=handout.country,
        location=LonLat(*stop.plan.location),
    )


def _hours(windows: Sequence[Window], words: Words) -> str:
    return f"{words.open_on_day} {_spans(windows)}" if windows else words.closed_on_day


def _spans(windows: Sequence[Window]) -> str:
    return ", ".join(f"{_wall(one.start_minute)}–{_wall(one.end_minute)}" for one in windows)


def _wall(minute: int) -> str:
    hours, minutes = divmod(minute, _MINUTES_AN_HOUR)
    return f"{hours:02d}:{minutes:02d}"


def _phones(handout: Handout, stop: HandoutStop) -> list[str]:
    """Return whom to call: the account itself, then its people."""
    if stop.details is None:
        return []
    own = [_readable(stop.details.phone, handout.country)] if stop.details.phone else []
    people = [
        f"{one.full_name}: {_readable(one.phone, handout.country)}" for one in stop.details.contacts
    ]
    return [*own, *people]


def _readable(phone: str, country: str) -> str:
    """Return a stored number as people of the country dial it."""
    formats = phonenumbers.PhoneNumberFormat
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    is_home = phonenumbers.region_code_for_number(number) == country
    return phonenumbers.format_number(
        number, formats.NATIONAL if is_home else formats.INTERNATIONAL
    )


def _lunch_row(route: RouteRead, lunch: Lunch, words: Words, zone: ZoneInfo) -> list[object]:
    """Return when lunch is and, where it has a place of its own, its mark on the map and way."""
    start = clock(lunch.starts_at.astimezone(zone))
    text = f"{words.lunch} · {words.duration(lunch.minutes * _MINUTES_AN_HOUR)}"
    if lunch.location is None:
        return ["", "", Paragraph(start, BODY), Paragraph(text, BODY), "", ""]
    leg = words.leg(lunch.leg_distance_m, lunch.leg_seconds, is_estimate=route.is_estimate)
    return [
        "",
        Paragraph(words.lunch_mark, BOLD_BODY),
        Paragraph(f"{start}–{clock(lunch.ends_at.astimezone(zone))}", BODY),
        [Paragraph(text, BODY), Paragraph(position(lunch.location), SMALL)],
        "",
        Paragraph(leg.replace(" · ", "<br/>"), SMALL),
    ]


def _dropped(dropped: Sequence[DroppedVisit], words: Words) -> list[Flowable]:
    """Return what was left out; a reason that has no words yet is told by its own sentence."""
    rows: list[list[object]] = [
        [
            Paragraph(markup(one.name), BODY),
            Paragraph(markup(words.reasons.get(one.reason, one.detail), _ROW_TEXT), BODY),
        ]
        for one in dropped
    ]
    title = Paragraph(f"{words.dropped} ({len(dropped)})", BOLD_BODY)
    table = Table(rows, [WIDTH * 0.45, WIDTH * 0.55], style=ROW_STYLE)
    return [Spacer(0, 4 * mm), title, Spacer(0, 1 * mm), table]
