"""The demo's organisation, put up before anybody can sign in: people, ground, prospects."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg2
import sqlalchemy as sa

from backend.accounts.importing.osm import import_osm
from backend.accounts.importing.report import ImportReport
from backend.context.osm import import_ground, read_extract
from backend.context.schemas import LayerRead
from backend.db.tenancy import Database, driver_url, open_database
from backend.geo.basemap.build import build_basemap
from backend.geo.hexagons import FINEST
from backend.geo.network.build import build_network
from backend.geo.osm import bounds
from backend.identity.actor import Role
from backend.identity.schemas import UserCreate
from backend.identity.service import create_organisation, create_user
from backend.ids import OrgId
from backend.runtime import Runtime

HELSINKI = Path(__file__).parent / "data" / "helsinki.osm.pbf"
PASSWORD = "tuyen-demo-2026"  # noqa: S105  # a demo's, printed on the screen
_PEOPLE = (
    ("lan", "Nguyễn Thị Lan", Role.MANAGER),
    ("an", "Trần Văn An", Role.REP),
    ("binh", "Lê Thanh Bình", Role.REP),
    ("chi", "Phạm Minh Chi", Role.ANALYST),
    ("admin", "Đỗ Quốc Admin", Role.ADMIN),
)
# A fifth of the shops buys already, and some did once.
_STAGES = sa.text("""
UPDATE account a SET life_stage = CASE WHEN h.lot < 20 THEN 'customer' ELSE 'lapsed' END
  FROM (SELECT id, abs(hashtext(source_ref)) % 100 AS lot FROM account
         WHERE org_id = :org_id AND source = 'osm' AND life_stage = 'prospect') h
 WHERE a.org_id = :org_id AND a.id = h.id AND h.lot < 28
""")

type Say = Callable[[str], object]


class City(msgspec.Struct, frozen=True):
    """What the demo works on; sign-ins are by email, all with PASSWORD."""

    org_id: OrgId
    emails: dict[str, str]
    time_zone: str
    currency: str
    report: ImportReport
    seconds: dict[str, float]


class _Place(msgspec.Struct, frozen=True):
    name: str
    country: str
    time_zone: str

    @property
    def currency(self) -> str:
        """The demo's cities are in Vietnam, or pay in euros."""
        return "VND" if self.country == "VN" else "EUR"


def found_city(runtime: Runtime, extract: Path, say: Say) -> City:
    """Build network and basemap, create the organisation once, import the prospects."""
    settings, seconds = runtime.settings, {}
    started = time.monotonic()
    network = build_network(extract, settings.network_dir, profile="car")
    seconds["street network"] = time.monotonic() - started
    cached = " (built before)" if network.was_cached else ""
    say(f"   street network: {network.bytes / 1e6:.1f} MB{cached}, {_took(seconds)}")
    started = time.monotonic()
    basemap = build_basemap(extract, settings.basemap_file)
    seconds["basemap"] = time.monotonic() - started
    features = sum(basemap.features.values())
    say(f"   basemap: {features:,} features, {basemap.bytes / 1e3:.0f} kB, {_took(seconds)}")
    place = _place_of(extract)
    org_id, emails = _found_organisation(runtime.owner_url, place)
    database = open_database(runtime.app_url, connections=1, statement_timeout_ms=0)
    with closing(database):
        started = time.monotonic()
        with database.for_org(org_id) as connection:
            report = import_osm(connection, org_id, extract)
            connection.execute(_STAGES, {"org_id": org_id})
        seconds["prospects"] = time.monotonic() - started
        skipped = ", ".join(f"{count} {why}" for why, count in sorted(report.skipped.items()))
        say(
            f"   prospects: {report.taken} taken, {report.updated} updated, {report.unchanged} "
            f"unchanged; skipped: {skipped or 'none'}, {_took(seconds)}"
        )
        started = time.monotonic()
        layer = _import_ground(database, org_id, extract)
        seconds["ground"] = time.monotonic() - started
        say(f"   ground: buildings, roads and places in {layer.cells:,} hexagons, {_took(seconds)}")
    return City(org_id, emails, place.time_zone, place.currency, report, seconds)


def _import_ground(database: Database, org_id: OrgId, extract: Path) -> LayerRead:
    ground = read_extract(extract, resolution=FINEST)
    # An extract without days is as old as its file.
    made_on = datetime.fromtimestamp(extract.stat().st_mtime, UTC).date()
    with database.for_org(org_id) as connection:
        return import_ground(connection, org_id, ground, vintage=ground.changed_on or made_on)


def _took(seconds: dict[str, float]) -> str:
    return f"{list(seconds.values())[-1]:.2f} s"


def _place_of(extract: Path) -> _Place:
    """Name the ground after its file; its time zone follows from its longitude unless known."""
    if extract == HELSINKI:
        return _Place("Tuyen Helsinki", "FI", "Europe/Helsinki")
    box = bounds(extract)
    hours = round((box.west + box.east) / 2 / 15)
    # POSIX names count westwards: what is east of Greenwich is GMT minus.
    zone = "Etc/GMT" if hours == 0 else f"Etc/GMT{-hours:+d}"
    name = extract.name.partition(".")[0].capitalize()
    country = {"Malta": "MT", "Monaco": "MC", "Munchen": "DE", "Porto": "PT"}.get(name, "VN")
    return _Place(f"Tuyen {name}", country, zone)


def _found_organisation(owner_url: str, place: _Place) -> tuple[OrgId, dict[str, str]]:
    domain = f"{place.name.partition(' ')[2].lower()}.example"
    emails = {key: f"{key}@{domain}" for key, _, _ in _PEOPLE}
    with closing(psycopg2.connect(owner_url)) as driver, driver.cursor() as cursor:
        cursor.execute("SELECT id FROM organisation WHERE name = %s", (place.name,))
        row = cursor.fetchone()
    if row is not None:
        return OrgId(row[0]), emails
    engine = sa.create_engine(driver_url(owner_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        org_id = create_organisation(
            connection,
            name=place.name,
            country=place.country,
            time_zone=place.time_zone,
            currency=place.currency,
        )
        for key, full_name, role in _PEOPLE:
            data = UserCreate(email=emails[key], full_name=full_name, role=role, password=PASSWORD)
            create_user(connection, org_id, data)
    engine.dispose()
    return org_id, emails
