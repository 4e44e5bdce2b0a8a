"""The map of a million prospects: tiles, the nearest, and what an unchanged tile costs.

`make bench-maps`, with ARGS="--quick" over a tenth of them. Tiles at every zoom, where prospects
lie and where most lie, for five scopes, filtered and not; times are those of the SQL, the best of
four. The peers draw the same tiles for who sees everything, on the same database in the same run:
the plain query (`ST_AsMVT` over the accounts' own table, each a feature), and `tipg` over HTTP.
"""

import argparse
import gzip
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import psycopg2
import sqlalchemy as sa

from backend.accounts.filters import Filters
from backend.geo.tiles import WORLD_BITS, Tile
from backend.maps import prospect_tiles
from backend.maps.colouring import ColourBy, Lens, SizeBy
from backend.maps.repository import read_accounts_version
from backend.maps.schemas import Scope
from tests.benchmarks.maps_areas import measure_areas
from tests.benchmarks.maps_cube import measure_cube
from tests.benchmarks.maps_ground import Ground, ground, some_places
from tests.benchmarks.maps_peer import Peer, peer
from tests.benchmarks.maps_people import scopes
from tests.benchmarks.rows import Row, report

_ZOOMS = range(19)
_TURNS = 4
_TILES, _HEAVIEST = 24, 5
_P95_MS, _MAX_MS, _MAX_KB, _UNCHANGED_MS, _NEAREST_MS = 25.0, 50.0, 45.0, 1.0, 2.0
_NEAREST = 50
_SHOWN = ((0, 7), (8, 9), (10, 13), (14, 18))
_CROWDED = 8
_WHOLE = 100
_SMALLER = (10_000, 100_000)
_FILTERS = (
    Filters(),
    Filters(life_stages=["customer", "lapsed"]),
    Filters(life_stages=["prospect"], categories=["cafe", "restaurant", "shop"]),
)
_LENSES = (
    *(Lens(one, currency="VND") for one in ColourBy),
    Lens(size_by=SizeBy.OVERDUE),
    Lens(size_by=SizeBy.LAST_VISIT),
    *(Lens(shape_by=one) for one in (ColourBy.OVERDUE, ColourBy.REP, ColourBy.LAST_VISITOR)),
    Lens(ColourBy.OVERDUE, shape_by=ColourBy.CATEGORY),
)
_AS_THEY_ARE = Lens()
_EACH = Filters(priorities=[1, 2], is_never_visited=True)
"""What sums do not know."""
_PLAIN = """
SELECT ST_AsMVT(t, 'prospects', 4096, 'g') FROM (
  SELECT id::text, life_stage, category, ST_AsMVTGeom(
    ST_Transform(location, 3857), ST_TileEnvelope(%s, %s, %s), 4096, 64, true) AS g
    FROM account WHERE org_id = %s AND deleted_at IS NULL
     AND location && ST_Transform(ST_TileEnvelope(%s, %s, %s), 4326)) t
"""
_PLACES = 60


@dataclass(frozen=True)
class Drawn:
    """One tile for one scope and filter."""

    zoom: int
    ms: float
    kilobytes: float


def main() -> None:
    """Measure and print; exit 1 when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundred thousand prospects")
    parser.add_argument("--ground", type=Path, help="a folder to keep the prospects in")
    asked = parser.parse_args()
    prospects = 100_000 if asked.quick else 1_000_000
    with (
        tempfile.TemporaryDirectory(prefix="tuyen-bench-") as passing,
        ground(asked.ground or Path(passing), prospects) as laid,
        peer(laid.owner_url) as beside,
    ):
        rows = _measure(laid, beside)
        rows += _growth(laid, (asked.ground or Path(passing)) / "smaller")
    report(f"The map of {prospects:,} prospects", rows)


def _measure(laid: Ground, beside: Peer) -> list[Row]:
    tiles = {zoom: _sample(laid, zoom) for zoom in _ZOOMS}
    drawn = list(_draw_all(laid, tiles))
    rows = []
    for first, last in _SHOWN:
        here = [one for one in drawn if first <= one.zoom <= last]
        some = [tile for zoom in range(first, last + 1) for tile in tiles[zoom][:6]]
        plain = _p95(_plain(laid, some))
        other = _p95([beside.tile(tile).ms for tile in some])
        p95, worst = _p95([one.ms for one in here]), max(one.ms for one in here)
        rows += [
            Row(f"zoom {first} to {last}, p95 of {len(here)}", f"{p95:.1f} ms",
                f"plain {plain:.0f}, tipg {other:.0f}, limit {_P95_MS:g}", _P95_MS / p95, 1.0),
            Row(f"zoom {first} to {last}, slowest", f"{worst:.1f} ms", f"limit {_MAX_MS:g} ms",
                _MAX_MS / worst, 1.0),
        ]  # fmt: skip
    heavy = max(one.kilobytes for one in drawn)
    rows.append(Row("heaviest tile, gzipped", f"{heavy:.1f} kB", f"limit {_MAX_KB:g} kB",
                    _MAX_KB / heavy, 1.0))  # fmt: skip
    rows += _coloured(laid, tiles)
    rows.append(_shown(laid, beside, tiles[_CROWDED][0]))
    unchanged = _p95(list(_unchanged(laid)))
    rows.append(Row("an unchanged tile, p95", f"{unchanged:.2f} ms", f"limit {_UNCHANGED_MS:g} ms",
                    _UNCHANGED_MS / unchanged, 1.0))  # fmt: skip
    near = _p95(list(_nearest(laid)))
    rows.append(Row(f"nearest {_NEAREST} in scope, p95", f"{near:.2f} ms",
                    f"limit {_NEAREST_MS:g} ms", _NEAREST_MS / near, 1.0))  # fmt: skip
    return rows + measure_areas(laid) + measure_cube(laid)


def _sample(laid: Ground, zoom: int) -> list[Tile]:
    """Return the tiles with most prospects, and others as prospects lie."""
    shift = WORLD_BITS - zoom
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT wx >> %s, wy >> %s FROM account_map GROUP BY 1, 2"
            " ORDER BY count(*) DESC, 1, 2 LIMIT %s",
            (shift, shift, _HEAVIEST),
        )
        heaviest = cursor.fetchall()
        cursor.execute(
            "SELECT DISTINCT wx >> %s, wy >> %s FROM (SELECT wx, wy FROM account_map"
            " WHERE ('x' || right(account_id::text, 4))::bit(16)::int < 256 LIMIT 4000) m",
            (shift, shift),
        )
        others = sorted(set(cursor.fetchall()) - set(heaviest))
    count = min(_TILES - len(heaviest), len(others))
    chosen = np.random.default_rng(zoom).permutation(len(others))[: max(count, 0)]
    return [Tile(zoom, *place) for place in [*heaviest, *(others[at] for at in chosen)]]


def _draw_all(laid: Ground, tiles: dict[int, list[Tile]]) -> Iterator[Drawn]:
    for scope in scopes(laid):
        with _seen_by(laid, scope) as connection:
            for zoom, some in tiles.items():
                for tile, wanted in product(some, _FILTERS):
                    yield _draw(connection, zoom, scope, tile, wanted)


def _seen_by(laid: Ground, scope: Scope) -> AbstractContextManager[sa.Connection]:
    return laid.database.for_org(laid.org_id, snapshot=True, viewer=scope.user_id)


def _coloured(laid: Ground, tiles: dict[int, list[Tile]]) -> list[Row]:
    """Draw the heaviest tiles of each zoom in every colour, for the office and for a rep."""
    rows = []
    looked = [one for one in scopes(laid) if len(one.territory_ids or range(5)) == 5]
    for lens in [*_LENSES, None]:
        wanted, look = (_EACH, Lens()) if lens is None else (Filters(), lens)
        drawn = []
        for scope in looked:
            with _seen_by(laid, scope) as connection:
                drawn += [
                    _draw(connection, zoom, scope, tile, wanted, look)
                    for zoom, some in tiles.items()
                    for tile in some[:10]
                ]
        name = "filtered by priority" if lens is None else lens.colour_by or lens.size_by
        name += f", shaped by {look.shape_by}" if look.shape_by else ""
        p95, worst = _p95([one.ms for one in drawn]), max(one.ms for one in drawn)
        slowest = max(drawn, key=lambda one: one.ms).zoom
        heavy = max(one.kilobytes for one in drawn)
        rows += [
            Row(f"{name}, p95 of {len(drawn)}", f"{p95:.1f} ms", f"limit {_P95_MS:g} ms",
                _P95_MS / p95, 1.0),
            Row(f"{name}, slowest (zoom {slowest})", f"{worst:.1f} ms", f"limit {_MAX_MS:g} ms",
                _MAX_MS / worst, 1.0),
            Row(f"{name}, heaviest", f"{heavy:.1f} kB", f"limit {_MAX_KB:g} kB",
                _MAX_KB / heavy, 1.0),
        ]  # fmt: skip
    return rows


def _draw(
    connection: sa.Connection,
    zoom: int,
    scope: Scope,
    tile: Tile,
    wanted: Filters,
    lens: Lens = _AS_THEY_ARE,
) -> Drawn:
    data = b""

    def read() -> None:
        nonlocal data
        data = prospect_tiles.read_prospects(connection, scope, tile, wanted, lens)

    return Drawn(zoom, _best(read), len(gzip.compress(data, 6)) / 1000)


def _plain(laid: Ground, tiles: Sequence[Tile]) -> list[float]:
    with closing(psycopg2.connect(laid.owner_url)) as connection, connection.cursor() as cursor:

        def read(tile: Tile) -> None:
            cursor.execute(_PLAIN, (*tile, str(laid.org_id), *tile))
            cursor.fetchone()

        return [_timed(read, tile) for tile in tiles]


def _shown(laid: Ground, beside: Peer, tile: Tile) -> Row:
    """Compare how many of a crowded tile's prospects are in it."""
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        data = prospect_tiles.read_prospects(connection, scopes(laid)[0], tile, Filters(), Lens())
    features = mapbox_vector_tile.decode(data)["prospects"]["features"]
    ours = sum(feature["properties"]["n"] for feature in features)
    theirs = beside.tile(tile).features
    return Row(f"prospects in the fullest tile of zoom {_CROWDED}", f"{ours:,}",
               f"tipg {theirs:,}", ours / theirs, 1.0)  # fmt: skip


def _unchanged(laid: Ground) -> Iterator[float]:
    for scope in scopes(laid) * 10:
        with _seen_by(laid, scope) as connection:
            yield _best(read_accounts_version, connection, scope)


def _nearest(laid: Ground) -> Iterator[float]:
    statement = sa.text(
        "SELECT id, distance_m FROM account_nearest(:org_id, cast(:scope AS uuid[]),"
        " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :count)"
    )
    places = some_places(laid, _PLACES)
    with laid.database.for_org(laid.org_id, snapshot=True) as connection:
        for number, scope in enumerate(scopes(laid) * 8):
            held = scope.territory_array
            lon, lat = places[number]
            values = {"org_id": laid.org_id, "scope": held, "lon": lon, "lat": lat}
            yield _best(connection.execute, statement, values | {"count": _NEAREST})


def _growth(laid: Ground, folder: Path) -> list[Row]:
    """Draw the fullest tiles with fewer prospects, too: more must cost less than as much more."""
    times = {laid.prospects: _fullest(laid)}
    for prospects in _SMALLER:
        if prospects < laid.prospects:
            with ground(folder / str(prospects), prospects) as smaller:
                times[prospects] = _fullest(smaller)
    sizes = sorted(times)
    rows = []
    for at, (first, last) in enumerate(_SHOWN):
        spent = [times[size][at] for size in sizes]
        rows.append(
            Row(f"zoom {first} to {last}, the fullest tiles of {_words(sizes)} prospects",
                f"{_words(spent)} ms", "in proportion",
                sizes[-1] / sizes[0] / (spent[-1] / spent[0]), 1.0)
        )  # fmt: skip
    return rows


def _fullest(laid: Ground) -> list[float]:
    scope = scopes(laid)[0]
    spent = []
    with _seen_by(laid, scope) as connection:
        for first, last in _SHOWN:
            tiles = [tile for zoom in range(first, last + 1) for tile in _sample(laid, zoom)[:2]]
            drawn = [_draw(connection, one.z, scope, one, Filters()).ms for one in tiles]
            spent.append(sum(drawn) / len(drawn))
    return spent


def _words(numbers: Sequence[float]) -> str:
    return ", ".join(f"{one:,.3g}" if one < _WHOLE else f"{one:,.0f}" for one in numbers)


def _best(run: Callable[..., object], *given: object) -> float:
    return min(_timed(run, *given) for _ in range(_TURNS))


def _timed(run: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    run(*given)
    return 1000 * (time.perf_counter() - started)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(int(0.95 * len(values)), len(values) - 1)]


if __name__ == "__main__":
    main()
