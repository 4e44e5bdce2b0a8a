"""The `tuyen report` commands: what the page prints, without the page."""

from datetime import date
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import click
import msgspec
import sqlalchemy as sa

from backend.accounts.commands import DatabaseContext, opened
from backend.api.languages import LANGUAGES
from backend.areas.schemas import AreaAsked
from backend.clock import SystemClock
from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, OrgId, UserId, new_id
from backend.press.turns import Press
from backend.reports import repository, service
from backend.reports.paper import write_report
from backend.reports.schemas import MOST_LISTED, USUALLY_LISTED, ReportRequest
from backend.reports.words import words_of
from backend.settings import Settings

_MOST_GEOJSON_BYTES = 16_000_000


class ReportContext(DatabaseContext, Protocol):
    """What the command line hands on, and where the basemap is."""

    settings: Settings


@click.group("report")
def report_group() -> None:
    """Print what an area is worth."""


@report_group.command("area")
@click.option("--org", required=True, help="The organisation's name or id.")
@click.option("--territory", help="A territory's name, code or id.")
@click.option("--admin-unit", help="An administrative unit's code or id.")
@click.option(
    "--geojson",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with a Polygon or MultiPolygon, or a Feature of one.",
)
@click.option("--mend", is_flag=True, help="Make a polygon that crosses itself sound.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF."
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--from", "from_date", type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
@click.option("--to", "to_date", type=click.DateTime(["%Y-%m-%d"]), help="The last day; today.")
@click.option("--title", default="", help="Instead of the area's name.")
@click.option("--as", "email", help="In the scope of this person; else of the organisation.")
@click.option(
    "--accounts",
    "most_accounts",
    type=click.IntRange(0, MOST_LISTED),
    default=USUALLY_LISTED,
    show_default=True,
    help="How many accounts are listed one by one.",
)
@click.pass_obj
def report_area(context: ReportContext, /, org: str, out: Path, lang: str, **options: Any) -> None:  # noqa: ANN401  # as click hands them on
    """Print an area's map, figures and accounts as a PDF."""
    with opened(context, org) as (database, org_id):
        with database.for_org(org_id, snapshot=True) as connection:
            actor, author_id = _actor(connection, org_id, options["email"])
            report = service.read_report(
                connection,
                actor,
                _request(connection, org_id, options),
                None,
                author=repository.get_author(connection, org_id, author_id),
                now=SystemClock().now(),
            )
        basemap = Press.find_basemap(context.settings.basemap_file)
        paper = write_report(report, basemap, words_of(lang))
    _write(out, paper)
    click.echo(
        f"{out}: {len(paper) / 1000:,.0f} kB, {report.snapshot.accounts:,} accounts, "
        f"{len(report.accounts):,} of them listed."
    )
    if basemap is None:
        click.echo("No basemap is installed: see `tuyen import basemap`.", err=True)


def _request(connection: sa.Connection, org_id: OrgId, options: dict[str, Any]) -> ReportRequest:
    request = ReportRequest(
        area=_area(connection, org_id, options),
        title=options["title"],
        most_accounts=options["most_accounts"],
        from_date=_day(options["from_date"]),
        to_date=_day(options["to_date"]),
    )
    # Options are held to what the API takes.
    try:
        return msgspec.convert(msgspec.to_builtins(request), ReportRequest)
    except msgspec.ValidationError as error:
        raise click.ClickException(str(error)) from error


def _day(given: Any) -> date | None:  # noqa: ANN401  # as click hands it on
    return None if given is None else given.date()


def _area(connection: sa.Connection, org_id: OrgId, options: dict[str, Any]) -> AreaAsked:
    given = [one for one in ("territory", "admin_unit", "geojson") if options[one] is not None]
    if len(given) != 1:
        raise click.UsageError("Give one of --territory, --admin-unit and --geojson.")
    if given == ["territory"]:
        name = options["territory"]
        found = repository.select_territories_called(connection, org_id, name)
        return AreaAsked(territory_id=_one(found, "territory", name))
    if given == ["admin_unit"]:
        code = options["admin_unit"]
        found = repository.select_units_coded(connection, org_id, code)
        # A code that lived on is today's unit's; who means a former one gives its id.
        return AreaAsked(admin_unit_id=_one(found[:1], "administrative unit with an outline", code))
    return AreaAsked(polygon=_read_polygon(options["geojson"]), is_mended=options["mend"])


def _one(found: list[UUID], what: str, name: str) -> UUID:
    if not found:
        raise click.ClickException(f"There is no {what} “{name}”.")
    if len(found) > 1:
        ids = ", ".join(map(str, found))
        raise click.ClickException(f"There is more than one {what} “{name}”; give an id: {ids}.")
    return found[0]


def _read_polygon(path: Path) -> dict[str, object]:
    if path.stat().st_size > _MOST_GEOJSON_BYTES:
        raise click.ClickException(f"{path} is larger than {_MOST_GEOJSON_BYTES // 10**6} MB.")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    except msgspec.DecodeError as error:
        raise click.ClickException(f"{path} is no GeoJSON: {error}.") from error
    features = found.get("features")
    if found.get("type") == "FeatureCollection" and isinstance(features, list):
        if len(features) != 1:
            raise click.ClickException(f"{path} has {len(features)} features: give one area.")
        found = features[0]
    return found


def _actor(
    connection: sa.Connection, org_id: OrgId, email: str | None
) -> tuple[Actor, UserId | None]:
    """Return in whose scope the report is made, and which person made it."""
    if email is None:
        operator = Actor(org_id, UserId(new_id()), Role.ANALYST, DeviceId(new_id()))
        return operator, None
    person = repository.find_person(connection, org_id, email)
    if person is None:
        raise click.ClickException(f"There is nobody with the address {email}.")
    return Actor(org_id, person.id, Role(person.role), DeviceId(new_id())), person.id


def _write(out: Path, paper: bytes) -> None:
    """Put the file in place whole, or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        part.write_bytes(paper)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from error
