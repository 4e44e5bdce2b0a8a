"""Whatever happens to territories and accounts: each moment looks back as it looked then."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.accounts import service as accounts
from backend.accounts.schemas import AccountCreate, AccountPatch
from backend.db.tenancy import Database
from backend.ids import AccountId, TerritoryId
from backend.territories import past, service
from backend.territories.schemas import TerritoryCreate, TerritoryPatch, TerritoryRead
from tests.support.people import Org

_SIDE = 4
type Seen = dict[TerritoryId, tuple[object, ...]]


def box(west: int, south: int, east: int, north: int) -> dict[str, object]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[100 + x, 10 + y] for x, y in ring]]}


AT = st.integers(0, _SIDE - 1)
BOXES = st.tuples(AT, AT, st.integers(1, _SIDE), st.integers(1, _SIDE)).map(
    lambda b: box(b[0], b[1], min(_SIDE, b[0] + b[2]), min(_SIDE, b[1] + b[3]))
)
PLACES = st.tuples(AT, AT).map(lambda p: [100.3 + p[0], 10.3 + p[1]])
WHICH = st.integers(0, 20)
STEPS = st.one_of(
    st.tuples(st.just("draw"), BOXES),
    st.tuples(st.just("redraw"), WHICH, BOXES),
    st.tuples(st.just("rename"), WHICH),
    st.tuples(st.just("hang"), WHICH),
    st.tuples(st.just("delete"), WHICH),
    st.tuples(st.just("open"), PLACES),
    st.tuples(st.just("carry"), WHICH, PLACES),
)


class Ground:
    """An organisation whose whole ground always lies in a territory."""

    def __init__(self, database: Database, org: Org) -> None:
        self.database, self.actor, self.names = database, org.manager, iter(range(10**6))
        self.shops: list[AccountId] = []
        with database.for_org(self.actor.org_id) as connection:
            whole = TerritoryCreate(name="Whole", area=box(-1, -1, _SIDE + 1, _SIDE + 1))
            self.whole = service.create_territory(connection, self.actor, whole).id

    def listed(self) -> list[TerritoryRead]:
        with self.database.for_org(self.actor.org_id) as connection:
            return service.list_territories(connection, self.actor, after=None, limit=1000)

    def take(self, step: tuple[object, ...]) -> None:
        """Do one thing in a transaction of its own; what it is refused is nothing."""
        kind, *rest = step
        own = [one.id for one in self.listed() if one.id != self.whole]
        with self.database.for_org(self.actor.org_id) as connection:
            actor = self.actor
            if kind == "draw":
                made = TerritoryCreate(name=f"T{next(self.names)}", area=rest[0])  # type: ignore[arg-type]
                service.create_territory(connection, actor, made)
            elif kind == "open":
                shop = AccountCreate(name="Shop", location=rest[0])  # type: ignore[arg-type]
                self.shops.append(accounts.create_account(connection, actor, shop).id)
            elif kind == "carry" and self.shops:
                shop_id = self.shops[int(rest[0]) % len(self.shops)]  # type: ignore[call-overload]
                patch = AccountPatch(location=rest[1])  # type: ignore[arg-type]
                accounts.patch_account(connection, actor, shop_id, patch)
            elif own and kind in {"redraw", "rename", "hang", "delete"}:
                chosen = own[int(rest[0]) % len(own)]  # type: ignore[call-overload]
                if kind == "delete":
                    service.delete_territory(connection, actor, chosen)
                    return
                patch_of = {
                    "redraw": lambda: TerritoryPatch(area=rest[1]),  # type: ignore[arg-type]
                    "rename": lambda: TerritoryPatch(name=f"T{next(self.names)}"),
                    "hang": lambda: TerritoryPatch(parent_id=self.whole),
                }
                service.patch_territory(connection, actor, chosen, patch_of[str(kind)]())

    def now(self) -> tuple[object, Seen]:
        """Return this moment, by the database's clock, with what is there."""
        with self.database.for_org(self.actor.org_id, snapshot=True) as connection:
            moment = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
        return moment, {
            one.id: (one.name, one.parent_id, one.area, one.account_count) for one in self.listed()
        }

    def then(self, moment: object) -> Seen:
        with self.database.for_org(self.actor.org_id, snapshot=True) as connection:
            found = past.look_back(connection, self.actor, moment)  # type: ignore[arg-type]
        return {one.id: (one.name, one.parent_id, one.area, one.accounts) for one in found.items}


@pytest.fixture
def ground(database: Database, org: Org) -> Ground:
    return Ground(database, org)


@settings(max_examples=25)
@given(steps=st.lists(STEPS, min_size=1, max_size=12))
def test_each_moment_looks_back_as_it_looked_then(
    ground: Ground, steps: list[tuple[object, ...]]
) -> None:
    seen = [ground.now()]
    for step in steps:
        ground.take(step)
        seen.append(ground.now())
    for moment, state in seen:
        assert ground.then(moment) == state
