"""A city with up to a million shops and a hundred reps, put in set-based and then analysed.

The shops lie in a grid of territories. Triggers and foreign keys are off while they are put in;
what the triggers would have written is written by one statement for all.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg2
import psycopg2.extras
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from backend.db.cluster import APP_ROLE, OWNER_ROLE, SUPERUSER, Cluster
from backend.db.migrate import migrate
from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, TerritoryId, UserId, new_id
from tests.support.people import Org, insert_device, make_org

_DATABASE = "bench"
_COLUMNS, _ROWS = 20, 10
_WEST, _SOUTH, _EAST, _NORTH = 106.30, 10.60, 107.10, 11.20
"""A box around Ho Chi Minh City."""
REPS = 102
"""The first holds the big territory, the second the one that stays as it is, then a hundred."""


@dataclass(frozen=True)
class Rep:
    """A rep with a phone, and the territory that is theirs."""

    actor: Actor
    territory_id: TerritoryId
    bucket: str


@dataclass(frozen=True)
class Ground:
    """The database under measurement."""

    folder: Path
    org: Org
    reps: tuple[Rep, ...]
    territories: tuple[TerritoryId, ...]
    owner_url: str
    admin_url: str
    app_url: str

    @property
    def big(self) -> Rep:
        """The rep whose territory holds most shops."""
        return self.reps[0]

    @property
    def steady(self) -> Rep:
        """The rep whose territory is the same however large the base grows."""
        return self.reps[1]

    @contextmanager
    def cursor(self) -> Iterator[Cursor]:
        """Yield a superuser's cursor in autocommit."""
        with closing(psycopg2.connect(self.admin_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor


@contextmanager
def open_ground(folder: Path) -> Iterator[Ground]:
    """Start a durable cluster with an organisation, its territories and reps, and no shops yet."""
    cluster = Cluster(folder / "pg")
    cluster.start()
    try:
        cluster.ensure_database(_DATABASE)
        owner_url = cluster.url(_DATABASE, OWNER_ROLE)
        migrate(owner_url)
        org = make_org(owner_url)
        with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cursor:
            territories = _add_territories(cursor, org)
            people = [org.rep, org.other_rep, *_add_reps(cursor, org, REPS - 2)]
            reps = tuple(
                Rep(actor, territory, f"t:{territory}")
                for actor, territory in zip(people, territories, strict=False)
            )
            _assign(cursor, org, reps)
            connection.commit()
        admin_url, app_url = cluster.url(_DATABASE, SUPERUSER), cluster.url(_DATABASE, APP_ROLE)
        yield Ground(folder / "pg", org, reps, territories, owner_url, admin_url, app_url)
    finally:
        cluster.stop()


def _add_territories(cursor: Cursor, org: Org) -> tuple[TerritoryId, ...]:
    rows = []
    width, height = (_EAST - _WEST) / _COLUMNS, (_NORTH - _SOUTH) / _ROWS
    for number in range(_COLUMNS * _ROWS):
        west = _WEST + number % _COLUMNS * width
        south = _SOUTH + number // _COLUMNS * height
        box = (west, south, west + width, south + height)
        rows.append((org.id, new_id(), f"Khu vực {number + 1}", *box))
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO territory (org_id, id, name, area) VALUES %s",
        rows,
        template="(%s, %s, %s, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
    )
    return tuple(TerritoryId(row[1]) for row in rows)


def _add_reps(cursor: Cursor, org: Org, count: int) -> list[Actor]:
    reps = []
    for number in range(count):
        user_id, device_id = UserId(new_id()), DeviceId(new_id())
        cursor.execute(
            "INSERT INTO app_user (org_id, id, email, full_name, role, password_hash)"
            " VALUES (%s, %s, %s, %s, 'rep', '!')",
            (org.id, user_id, f"rep{number}@{org.id}.test", f"Nguyễn Văn {number}"),
        )
        insert_device(cursor, org.id, user_id, device_id)
        reps.append(Actor(org.id, user_id, Role.REP, device_id))
    return reps


def _assign(cursor: Cursor, org: Org, reps: Sequence[Rep]) -> None:
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO territory_assignment (org_id, id, territory_id, user_id, valid_from)"
        " VALUES %s",
        [(org.id, new_id(), rep.territory_id, rep.actor.user_id, "2020-01-01") for rep in reps],
    )


# Names, streets and words as they are; ids are UUIDv7 with random tails, as phones make them.
_NAME = """w.kind || ' ' || w.family || ' ' || w.given
    || CASE WHEN w.d[1] < 0.3 THEN ' ' || 1 + (w.d[2] * 97)::int ELSE '' END"""
_SHOPS = f"""
INSERT INTO account (org_id, id, kind, name, name_folded, life_stage, category, address, phone,
  email, website, channel, tags, empties_owed, opening_hours, location, location_source,
  territory_id, visit_minutes, priority, last_visit_at)
SELECT %(org)s, (lpad(to_hex((1760000000000 + (%(first)s + n) * 37)::bigint), 12, '0') || '7'
    || substr(h, 1, 3) || 'a' || substr(h, 4, 15))::uuid,
  'organisation', {_NAME}, tuyen_fold({_NAME}),
  (ARRAY['prospect', 'prospect', 'customer', 'customer', 'lapsed', 'lost'])[1 + (w.d[3] * 5)::int],
  (ARRAY['cafe', 'convenience', 'restaurant', 'supermarket', 'bakery'])[1 + (w.d[4] * 4)::int],
  1 + (w.d[5] * 480)::int || CASE WHEN w.d[6] < 0.2 THEN '/' || 1 + (w.d[7] * 60)::int ELSE '' END
    || ' ' || w.street || ', Phường ' || 1 + (w.d[8] * 14)::int
    || ', Quận ' || 1 + (w.d[9] * 11)::int || ', TP. Hồ Chí Minh',
  '+849' || (ARRAY['0', '1', '3', '4', '6', '7', '8'])[1 + (w.d[10] * 6)::int]
    || lpad((w.d[11] * 9999999)::int::text, 7, '0'),
  CASE WHEN w.d[12] < 0.5 THEN w.mailbox || (w.d[13] * 9999)::int || '@gmail.com' END,
  CASE WHEN w.d[14] < 0.25 THEN 'https://facebook.com/' || w.mailbox || (w.d[15] * 9999)::int END,
  (ARRAY['on_trade', 'off_trade', 'modern_trade'])[1 + (w.d[16] * 2)::int],
  ARRAY['khu-' || (w.d[17] * 20)::int, (ARRAY['vip', 'moi', 'tra-cham'])[1 + (w.d[18] * 2)::int]],
  (w.d[19] * 12)::int,
  CASE WHEN w.d[20] < 0.8 THEN (ARRAY['Mo-Su 06:00-22:00', 'Mo-Sa 07:00-18:00; Su off',
    'Mo-Fr 08:00-12:00,13:30-21:00'])[1 + (w.d[21] * 2)::int] END,
  ST_SetSRID(ST_MakePoint(round((ST_XMin(t.area) + w.d[22] * 0.0399)::numeric, 7),
    round((ST_YMin(t.area) + w.d[23] * 0.0599)::numeric, 7)), 4326), 'gps', t.id,
  5 * (1 + (w.d[24] * 5)::int), 1 + (w.d[25] * 4)::int,
  CASE WHEN w.d[26] < 0.6 THEN now() - w.d[27] * interval '90 days' END
 FROM territory t, generate_series(1, %(count)s) n,
  LATERAL (SELECT md5(t.id::text || n || random()) AS h,
    ARRAY(SELECT random() + n * 0 FROM generate_series(1, 27)) AS d,
    (ARRAY['Quán', 'Cà phê', 'Tạp hóa', 'Nhà hàng', 'Siêu thị', 'Tiệm bánh', 'Quán nhậu',
           'Trà sữa', 'Bún bò', 'Đại lý'])[1 + (random() * 9)::int] AS kind,
    (ARRAY['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Hoàng', 'Huỳnh', 'Phan', 'Vũ', 'Võ', 'Đặng', 'Bùi',
           'Đỗ', 'Hồ', 'Ngô', 'Dương', 'Lý'])[1 + (random() * 15)::int] AS family,
    (ARRAY['Hương', 'Lan Anh', 'Minh Tâm', 'Thanh Hà', 'Ngọc Bích', 'Quốc Bảo', 'Hải Yến',
           'Thu Thảo', 'Gia Huy', 'Phương Nam', 'Sông Hàn', 'Bảo Châu', 'Kim Ngân', 'Tuấn Kiệt',
           'Mỹ Linh', 'Đức Thịnh'])[1 + (random() * 15)::int] AS given,
    (ARRAY['Lê Lợi', 'Nguyễn Huệ', 'Trần Hưng Đạo', 'Hai Bà Trưng', 'Cách Mạng Tháng Tám',
           'Nguyễn Trãi', 'Võ Văn Kiệt', 'Điện Biên Phủ', 'Phan Xích Long', 'Lý Thường Kiệt',
           'Âu Cơ', 'Lạc Long Quân'])[1 + (random() * 11)::int] AS street,
    (ARRAY['huong', 'lananh', 'minhtam', 'quocbao', 'gia.huy', 'phuongnam', 'kimngan',
           'tuankiet'])[1 + (random() * 7)::int] AS mailbox) w
 WHERE t.id = %(territory)s
"""
# As the triggers would have written.
_BUCKETS = """
INSERT INTO sync_row (org_id, bucket, tbl, id)
SELECT org_id, bucket, 'account', id FROM sync_wanted_account ON CONFLICT DO NOTHING
"""
_MAP = """
INSERT INTO account_map (org_id, account_id, territory_id, life_stage, category, last_visit_at, wx,
  wy, qk)
SELECT a.org_id, a.id, a.territory_id, a.life_stage, a.category, a.last_visit_at, w.x, w.y,
  tuyen_spread24(w.x) | (tuyen_spread24(w.y) << 1)
 FROM account a, LATERAL (SELECT tuyen_world_x(a.location) AS x, tuyen_world_y(a.location) AS y) w
ON CONFLICT DO NOTHING
"""
_SEARCH = """
INSERT INTO account_search (org_id, account_id, name_folded, phone, location)
SELECT org_id, id, name_folded, phone, location FROM account ON CONFLICT DO NOTHING
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
 WHERE i.indrelid = ANY (ARRAY['account', 'account_map', 'account_search', 'sync_row']::regclass[])
   AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
_MANY = 50_000


def add_shops(ground: Ground, counts: dict[TerritoryId, int], first: int) -> None:
    """Put shops into territories, numbered from `first`; the tables are vacuumed and analysed."""
    with ground.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '64MB'")
        cursor.execute(_INDEXES)
        # Indexes that are built at the end cost a fraction of those that grow by every row.
        indexes = cursor.fetchall() if sum(counts.values()) >= _MANY else []
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for territory, count in counts.items():
            values = {"org": ground.org.id, "first": first, "count": count, "territory": territory}
            cursor.execute(_SHOPS, values)
            first += count
        cursor.execute("ANALYZE account")
        cursor.execute(_BUCKETS)
        cursor.execute(_MAP)
        cursor.execute(_SEARCH)
        for _, definition in indexes:
            cursor.execute(definition)
        for table in ("account", "account_map", "account_search", "sync_row", "territory"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("CHECKPOINT")


def shop_ids(ground: Ground, territory: TerritoryId, limit: int) -> list[UUID]:
    """Return shops of a territory in an order that has nothing to do with how they are stored."""
    with ground.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM account WHERE org_id = %s AND territory_id = %s"
            " ORDER BY md5(id::text) LIMIT %s",
            (ground.org.manager.org_id, territory, limit),
        )
        return [row[0] for row in cursor.fetchall()]
