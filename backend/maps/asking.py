"""The filters of accounts as a query string asks for them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar.params import FromQuery, QueryParameter

from backend.accounts.filters import MAX_CHOICES, Filters
from backend.api.problems import malformed_field

Words = Annotated[list[str] | None, QueryParameter(max_items=MAX_CHOICES)]
Ids = Annotated[list[UUID] | None, QueryParameter(max_items=MAX_CHOICES)]
Numbers = Annotated[list[int] | None, QueryParameter(max_items=MAX_CHOICES)]


def filters_asked(
    life_stage: Words = None,
    category: Words = None,
    territory_id: Ids = None,
    channel: Words = None,
    priority: Numbers = None,
    tag: Words = None,
    campaign_id: Ids = None,
    *,
    is_overdue: FromQuery[bool] = False,
    is_never_visited: FromQuery[bool] = False,
) -> Filters:
    """Return the filters; raise Malformed for a value that they cannot have."""
    asked = {
        "life_stages": life_stage,
        "categories": category,
        "territory_ids": territory_id,
        "channels": channel,
        "priorities": priority,
        "tags": tag,
        "campaign_ids": campaign_id,
        "is_overdue": is_overdue,
        "is_never_visited": is_never_visited,
    }
    try:
        return msgspec.convert({name: one for name, one in asked.items() if one}, Filters)
    except msgspec.ValidationError as error:
        raise malformed_field("filters", f"{error}.") from error
