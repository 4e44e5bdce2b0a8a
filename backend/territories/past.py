"""Territories as they were: when they changed, and how they looked at any moment."""

from datetime import datetime

import sqlalchemy as sa

from backend.api.problems import malformed_field
from backend.identity.actor import Actor
from backend.territories import past_repository
from backend.territories.past_schemas import TerritoriesThen, TerritoryMoments

MOST_MOMENTS = 500


def list_moments(connection: sa.Connection, actor: Actor) -> TerritoryMoments:
    """Return the latest moments at which territories changed."""
    found = past_repository.select_moments(connection, actor.org_id, limit=MOST_MOMENTS + 1)
    return TerritoryMoments(found[:MOST_MOMENTS], is_cut=len(found) > MOST_MOMENTS)


def look_back(connection: sa.Connection, actor: Actor, moment: datetime) -> TerritoriesThen:
    """Return territories, their holders and accounts at a moment; raise Malformed for the future.

    Accounts that came into a territory from none count there from their beginning.
    """
    if moment.tzinfo is None:
        raise malformed_field("moment", "Say in which time zone: end it with Z, or +07:00.")
    if not past_repository.is_past(connection, moment):
        raise malformed_field("moment", "Nobody knows yet how it will be: give a moment that was.")
    items, unplaced = past_repository.select_then(connection, actor.org_id, moment)
    return TerritoriesThen(moment, items, unplaced)
