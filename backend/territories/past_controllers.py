"""HTTP of what territories were."""

from datetime import datetime

from litestar import Controller, get
from litestar.params import FromQuery

from backend.identity.call import Call
from backend.identity.permissions import OFFICE
from backend.territories import past
from backend.territories.past_schemas import TerritoriesThen, TerritoryMoments


class TerritoryPastController(Controller):
    """Territories as they were."""

    path = "/v1/territories/past"
    tags = ["territories"]
    guards = [OFFICE]

    @get("/moments", operation_id="list_territory_moments", sync_to_thread=True)
    def list_moments(self, request: Call) -> TerritoryMoments:
        """List when territories were drawn, changed, ended or passed on, the latest first."""
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return past.list_moments(connection, actor)

    @get(operation_id="look_back_at_territories", sync_to_thread=True)
    def look_back(self, request: Call, moment: FromQuery[datetime]) -> TerritoriesThen:
        """Read all territories as they were at a moment, with who held them and how many accounts.

        Borders are those from that moment on, holders those of its day.
        """
        actor = request.actor
        with request.db.for_org(actor.org_id, snapshot=True) as connection:
            return past.look_back(connection, actor, moment)
