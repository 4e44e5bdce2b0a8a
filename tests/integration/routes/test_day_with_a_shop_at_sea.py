"""One account that lies off every street does not keep the others from being visited."""

from tests.integration.routes.conftest import Town
from tests.support.ground import execute


def test_an_account_in_the_sea_is_left_out_and_the_day_is_planned(town: Town) -> None:
    lost = min(town.shops)
    execute(
        town.url,
        "UPDATE account SET territory_is_manual = true, territory_id = %s,"
        " location = ST_SetSRID(ST_MakePoint(24.95, 59.9), 4326) WHERE id = %s",
        town.territory, lost,
    )  # fmt: skip
    route = town.planned(account_ids=[str(lost)])
    assert route["stops"]
    (dropped,) = [one for one in route["dropped"] if one["account_id"] == str(lost)]
    assert dropped["reason"] == "no_street_nearby"
