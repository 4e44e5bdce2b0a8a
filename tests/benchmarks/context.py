"""The ground of whole extracts: read into hexagons, drawn and summed over areas.

`python -m tests.benchmarks.context EXTRACT...` prints for each extract the processor's seconds of
the reading and of the keeping, the least of three, beside those of a bare pass of pyosmium that
puts the same areas together and counts nothing.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import osmium
import osmium.filter

from backend.context.osm import import_ground
from backend.db.cluster import APP_ROLE, OWNER_ROLE
from backend.db.tenancy import open_database
from backend.geo.ground.reading import Ground, read_ground
from backend.geo.ground.tags import AREA_KEYS, KEYS
from backend.geo.osm import pbf
from tests.benchmarks.rows import Row, report
from tests.support.own_cluster import own_cluster
from tests.support.people import make_org

_TURNS = 3
_TEMPLATE = "tuyen_template"


def _cpu(action: Callable[[], object]) -> float:
    """Return the processor's seconds, all threads together, of the best turn."""
    taken = []
    for _ in range(_TURNS):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return min(taken)


def _bare_pass(path: Path) -> int:
    wanted, areas = osmium.filter.KeyFilter(*KEYS), osmium.filter.KeyFilter(*AREA_KEYS)
    return sum(1 for _ in osmium.FileProcessor(pbf(path)).with_areas(areas).with_filter(wanted))


def main(paths: list[Path]) -> None:
    """Print a row for each extract's reading and keeping."""
    rows = []
    with own_cluster(_TEMPLATE, durable=False) as cluster:
        cluster.clone_database("context", _TEMPLATE)
        org = make_org(cluster.url("context", OWNER_ROLE))
        database = open_database(cluster.url("context", APP_ROLE), connections=1)
        for path in paths:
            ground = read_ground(path)

            def keep(ground: Ground = ground, name: str = path.name) -> None:
                with database.for_org(org.id) as connection:
                    import_ground(connection, org.id, ground, vintage=None, name=name)

            ours, bare = _cpu(partial(read_ground, path)), _cpu(partial(_bare_pass, path))
            size = f"{len(ground.cells):,} hexagons of {path.name}"
            rows.append(Row(f"read {size}", f"{ours:.1f} s", f"{bare:.1f} s", bare / ours))
            rows.append(Row(f"keep {size}", f"{_cpu(keep):.2f} s", "-"))
        database.close()
    report("The ground in hexagons, seconds of the processor", rows)


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
