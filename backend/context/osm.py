"""The layer that an OpenStreetMap extract makes."""

from datetime import date
from pathlib import Path

import msgspec
import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.context.measures import OSM_MEASURES, judge
from backend.context.schemas import LayerMade, LayerRead
from backend.context.service import keep
from backend.geo.ground.reading import Ground, read_ground
from backend.geo.ground.tags import COLUMNS
from backend.geo.vocabulary import OnProgress
from backend.identity.actor import Actor
from backend.ids import OrgId

NAME = "OpenStreetMap"
LICENCE = "ODbL 1.0, © OpenStreetMap contributors"


def read_extract(path: Path, *, resolution: int, on_progress: OnProgress | None = None) -> Ground:
    """Read an extract before a transaction begins; raise OsmFileError."""
    return read_ground(path, resolution=resolution, on_progress=on_progress)


def import_ground(
    connection: sa.Connection,
    org_id: OrgId,
    ground: Ground,
    *,
    vintage: date | None,
    name: str = NAME,
    actor: Actor | None = None,
) -> LayerRead:
    """Keep what was read as a layer; the one that was there is replaced in the transaction.

    Without a vintage it is the day of the youngest object; raise Malformed where none tells.
    """
    day = vintage or ground.changed_on
    if day is None:
        raise malformed_field(
            "vintage", "The extract does not say how old it is: give --vintage YYYY-MM-DD."
        )
    sums = dict(zip(COLUMNS, ground.values.sum(axis=0).tolist(), strict=True))
    measures = []
    for one in OSM_MEASURES:
        confidence, reasons = judge(one, sums)
        measures.append(msgspec.structs.replace(one, confidence=confidence, reasons=reasons))
    made = LayerMade(
        name=name, kind="osm", source="OpenStreetMap", licence=LICENCE, vintage=day.isoformat(),
        resolution=ground.resolution, columns=COLUMNS, measures=tuple(measures),
        bounds=(0.0, 0.0, 0.0, 0.0), cells=len(ground.cells),
    )  # fmt: skip
    return keep(connection, org_id, made, ground.cells, ground.values, actor=actor)
