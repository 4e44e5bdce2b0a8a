"""A campaign's accounts as CSV."""

import csv
import io
from datetime import UTC, date, datetime
from uuid import UUID

from backend.campaigns.schemas import CampaignAccount
from backend.campaigns.sheet import write_sheet


def test_a_row_tells_place_and_days_and_runs_no_formula() -> None:
    account = CampaignAccount(
        id=UUID(int=1), name="=cmd()", life_stage="lapsed", category=None, address=None, phone=None,
        location=[105.85, 21.03], territory_id=None, territory_name=None,
        added_at=datetime(2027, 1, 2, tzinfo=UTC), visited_on=date(2027, 1, 5), planned_on=None,
        bought_on=None, revenue=0.0, is_open=False,
    )  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(write_sheet([account]).decode("utf-8-sig")))
    assert row["name"] == "'=cmd()"
    assert (row["longitude"], row["latitude"]) == ("105.85", "21.03")
    assert (row["visited_on"], row["planned_on"], row["is_open"]) == ("2027-01-05", "", "False")
