"""What a report is called, and what it counted, in words."""

from zoneinfo import ZoneInfo

from backend.accounts.filters import Filters
from backend.areas.schemas import AreaAsked
from backend.reports.schemas import Report
from backend.reports.words import Words


def title_of(report: Report, words: Words) -> str:
    """Return the title that was given, else what the area is."""
    return report.title or area_in_words(report, words)


def area_in_words(report: Report, words: Words) -> str:
    """Return what the area is, such as "Territory Kamppi" or "Within 2 km of ..."."""
    asked = report.asked
    told = _way(asked, report.subject.name, words)
    if asked.buffer_m:
        told += f", {words('report.area.buffer', distance=words.distance(asked.buffer_m))}"
    return told


def facts(report: Report, words: Words) -> list[str]:
    """Return the lines below the title: size, period, who made it and when, filters."""
    shape, period = report.snapshot.shape, report.snapshot.period
    before, author = report.snapshot.before, report.author
    about = [author.org_name]
    if report.title:
        about.append(area_in_words(report, words))
    if shape.area_km2 is not None:
        about.append(words.size(shape.area_km2))
    if report.subject.code:
        about.append(words("report.code", code=report.subject.code))
    if report.subject.holders:
        about.append(words("report.holders", names=", ".join(report.subject.holders)))
    made = words.moment(report.made_at.astimezone(ZoneInfo(report.time_zone)))
    lines = [
        " · ".join(about),
        words(
            "report.period",
            **{"from": words.day(period.from_date), "to": words.day(period.to_date)},
            before_from=words.day(before.from_date),
            before_to=words.day(before.to_date),
        ),
        words("report.made", time=made, who=author.full_name)
        if author.full_name
        else words("report.made_by_command", time=made),
    ]
    if "mended" in shape.changes:
        lines.append(words("report.mended"))
    if shape.is_estimate:
        lines.append(words("report.estimate"))
    filters = _filters(report.filters, words)
    if filters:
        lines.append(words("report.filters", filters="; ".join(filters)))
    return lines


def _way(asked: AreaAsked, name: str, words: Words) -> str:
    """Return the one way in which the area was told."""
    if asked.territory_id is not None:
        # Many a name says so itself: "Địa bàn Tây".
        kind = words("report.area.territory_id", name="").strip()
        says_so = name.casefold().startswith(kind.casefold())
        return name if says_so else words("report.area.territory_id", name=name)
    if asked.admin_unit_id is not None:
        return words("report.area.admin_unit_id", name=name)
    if asked.circle is not None:
        return words(
            "report.area.circle",
            distance=words.distance(asked.circle.radius_m),
            place=_place(asked.circle.center),
        )
    if asked.corridor is not None:
        return words("report.area.corridor", distance=words.distance(asked.corridor.within_m))
    if asked.isochrone is not None:
        return words(
            "report.area.isochrone",
            minutes=words.number(asked.isochrone.minutes, 1),
            profile=words(f"report.profile.{asked.isochrone.profile}"),
            place=_place(asked.isochrone.location),
        )
    return words("report.area.polygon")


def _place(pair: list[float]) -> str:
    """Return a place as navigation apps take it: latitude, longitude."""
    return f"{pair[1]:.5f}, {pair[0]:.5f}"


def _filters(asked: Filters, words: Words) -> list[str]:
    told = [words(f"stage.{one}") for one in asked.life_stages]
    told += [words.category(one) for one in asked.categories]
    told += asked.channels
    if asked.territory_ids:
        told.append(words("report.filter.territories", count=len(asked.territory_ids)))
    if asked.priorities:
        chosen = ", ".join(map(str, asked.priorities))
        told.append(words("report.filter.priorities", priorities=chosen))
    if asked.tags:
        told.append(words("report.filter.tags", tags=", ".join(asked.tags)))
    if asked.campaign_ids:
        told.append(words("report.filter.campaigns", count=len(asked.campaign_ids)))
    for name in ("is_overdue", "is_never_visited"):
        if getattr(asked, name):
            told.append(words(f"report.filter.{name}"))
    return told
