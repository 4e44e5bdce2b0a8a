"""Context layers over HTTP: what there is, its hexagons on the map, and away with one."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get
from litestar.params import FromPath, FromQuery, QueryParameter

from backend.api.problems import Malformed, malformed_field
from backend.context import service
from backend.context.schemas import CellsRead, LayerRead
from backend.geo.cover import MAX_AREA_LAT
from backend.geo.hexagons import COARSEST, FINEST
from backend.geo.vocabulary import MAX_LON, Bounds
from backend.identity.call import Call
from backend.identity.permissions import ANYBODY, PLANNERS

BoxQuery = Annotated[
    str, QueryParameter(max_length=200, description="west,south,east,north in degrees")
]
MeasureQuery = Annotated[str, QueryParameter(max_length=200)]
ResolutionQuery = Annotated[int | None, QueryParameter(ge=COARSEST, le=FINEST)]
_SIDES = 4


class ContextController(Controller):
    """What the ground is around accounts: the same for everybody of the organisation."""

    path = "/v1/context"
    tags = ["context"]
    guards = [ANYBODY]

    @get("/layers", operation_id="list_context_layers", sync_to_thread=True)
    def list_layers(self, request: Call) -> list[LayerRead]:
        """List the layers with what they show, their source, licence and vintage."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return service.list_layers(connection, actor.org_id)

    @delete(
        "/layers/{layer_id:uuid}",
        operation_id="delete_context_layer",
        guards=[PLANNERS],
        sync_to_thread=True,
    )
    def delete_layer(self, request: Call, layer_id: FromPath[UUID]) -> None:
        """Delete a layer with its hexagons."""
        actor = request.actor
        with request.db.for_org(actor.org_id) as connection:
            service.drop_layer(connection, actor, layer_id)

    @get("/cells", operation_id="list_context_cells", sync_to_thread=True)
    def list_cells(
        self,
        request: Call,
        layer_id: FromQuery[UUID],
        measure: MeasureQuery,
        bbox: BoxQuery,
        resolution: ResolutionQuery = None,
    ) -> CellsRead:
        """Read the hexagons of a box by one measure, with the legend.

        They are as fine as a map can hold, or coarser where that is asked for. Classes have as
        many hexagons of the whole layer each, so colours keep their meaning when the map moves.
        """
        actor, box = request.actor, _box(bbox)
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return service.draw_cells(
                connection, actor.org_id, layer_id, measure, box, resolution=resolution
            )


def _box(text: str) -> Bounds:
    try:
        sides = [float(one) for one in text.split(",")]
    except ValueError:
        raise _bad_box() from None
    if len(sides) != _SIDES:
        raise _bad_box()
    west, south, east, north = sides
    is_wide = -MAX_LON <= west < east <= MAX_LON
    if not (is_wide and -MAX_AREA_LAT <= south < north <= MAX_AREA_LAT):
        raise _bad_box()
    return Bounds(west, south, east, north)


def _bad_box() -> Malformed:
    return malformed_field(
        "bbox",
        "Give west,south,east,north in degrees, west below east and south below north, within "
        f"{MAX_AREA_LAT} degrees of latitude.",
        code="bad_box",
    )
