"""Fifths of buyers, whatever they bought: even, in order, and the same however it was entered."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.db.tenancy import Database
from backend.insights.classes import class_of
from backend.insights.service import value_accounts
from tests.support.databases import TestDatabase
from tests.support.ground import IN_WEST, add_account, execute
from tests.support.people import Org
from tests.support.sales import Sold, add_sales

pytestmark = pytest.mark.integration
TODAY = datetime.now(UTC).date()
SHOPS = 23
# Few days and few amounts, so that many are alike.
LINE = st.tuples(
    st.integers(0, SHOPS - 1),
    st.sampled_from([0, 1, 30, 364, 365, 500]),
    st.sampled_from([-10, 0, 5, 10, 100]),
)

type Scores = dict[UUID, tuple[date, int, int, int, int, int, str]]


@pytest.fixture
def shops(test_database: TestDatabase, org: Org) -> list[UUID]:
    url = test_database.owner_url
    return [add_account(url, org, f"s{number}", *IN_WEST) for number in range(SHOPS)]


def _scores(url: str, org: Org, database: Database, lines: list[Sold]) -> Scores:
    execute(url, "DELETE FROM sale")
    if lines:
        add_sales(url, org, lines)
    with database.for_org(org.id) as connection:
        value_accounts(connection, org.id)
    rows = execute(
        url,
        "SELECT account_id, last_sold_on, sold_days, revenue::int, recency, frequency, monetary,"
        " rfm_class FROM account_value",
    )
    return {row[0]: row[1:] for row in rows}  # type: ignore[misc]  # as selected


@settings(max_examples=25, deadline=None)
@given(bought=st.lists(LINE, max_size=120), chance=st.randoms(use_true_random=False))
def test_fifths_are_even_in_order_and_deterministic(
    bought: list[tuple[int, int, int]],
    chance: object,
    shops: list[UUID],
    test_database: TestDatabase,
    org: Org,
    database: Database,
) -> None:
    url = test_database.owner_url
    lines = [(shops[shop], TODAY - timedelta(days=ago), amount) for shop, ago, amount in bought]
    scores = _scores(url, org, database, lines)
    year = [one for one in lines if (TODAY - one[1]).days < 365]
    assert set(scores) == {shop for shop, _, amount in year if amount > 0}
    for shop, (last, days, revenue, *_) in scores.items():
        paid = {on for one, on, amount in year if one == shop and amount > 0}
        assert (last, days) == (max(paid), len(paid))
        assert revenue == sum(amount for one, _, amount in year if one == shop)
    for at in (3, 4, 5):
        sizes = Counter(one[at] for one in scores.values())
        assert set(sizes) <= {1, 2, 3, 4, 5}
        even = [sizes[fifth] for fifth in range(1, 6)]
        assert max(even) - min(even) <= 1
        assert not scores or sizes[5]
        # More of what is scored never has a lower score.
        by_figure = sorted(scores.values(), key=lambda one: (one[at - 3], one[at]))
        assert [one[at] for one in by_figure] == sorted(one[at] for one in by_figure)
    for one in scores.values():
        assert one[6] == class_of(*one[3:6])
    chance.shuffle(lines)  # type: ignore[attr-defined]  # a random.Random
    assert _scores(url, org, database, lines) == scores
