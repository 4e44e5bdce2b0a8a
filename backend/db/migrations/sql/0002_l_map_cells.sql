-- Far out a tile holds more accounts than anybody counts in time, so it reads sums over the cells of the map.
-- What changes is appended, and added to the sums some minutes later by `account_cells_fold`: nobody waits for the
-- row of a busy cell, and sums and changes together are exact at every moment. All that a cell keeps can be
-- taken out of it again: counts, sums, and the exclusive or of its accounts' ids, which is the id where one is left.

-- Who sees an account in no territory is its owner; of others the map need not know.
-- What a summary of an area asks of each account stands here, too: one pass over a few ranges of keys tells it.
ALTER TABLE account_map ADD COLUMN owner_id uuid, ADD COLUMN channel text,
  ADD COLUMN priority smallint NOT NULL DEFAULT 2, ADD COLUMN visit_every_days smallint NOT NULL DEFAULT 28;
UPDATE account_map m
   SET owner_id = CASE WHEN m.territory_id IS NULL THEN a.owner_id END, channel = a.channel, priority = a.priority,
       visit_every_days = a.visit_every_days
  FROM account a
 WHERE a.org_id = m.org_id AND a.id = m.account_id
   AND (CASE WHEN m.territory_id IS NULL THEN a.owner_id END, a.channel, a.priority, a.visit_every_days)
       IS DISTINCT FROM (NULL::uuid, NULL::text, 2, 28);
DROP INDEX account_map_qk;
CREATE INDEX account_map_qk ON account_map (org_id, qk)
  INCLUDE (account_id, wx, wy, territory_id, owner_id, life_stage, category, channel, priority, visit_every_days, last_visit_at);
CREATE INDEX account_map_owned ON account_map (org_id, owner_id, qk) WHERE owner_id IS NOT NULL;

CREATE FUNCTION tuyen_uuid_high(p_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
 $$ SELECT ('x' || left(replace(p_id::text, '-', ''), 16))::bit(64)::bigint $$;
CREATE FUNCTION tuyen_uuid_low(p_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
 $$ SELECT ('x' || right(replace(p_id::text, '-', ''), 16))::bit(64)::bigint $$;
CREATE FUNCTION tuyen_uuid_of(p_high bigint, p_low bigint) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
 $$ SELECT encode(int8send(p_high) || int8send(p_low), 'hex')::uuid $$;
CREATE FUNCTION tuyen_stage_number(p_stage text) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
 $$ SELECT array_position(ARRAY['prospect', 'customer', 'lapsed', 'lost'], p_stage) $$;

-- An account came to (n = 1) or went from (n = -1) a place of the map, a territory, a stage or a category.
CREATE TABLE account_cell_change (
  org_id uuid NOT NULL,
  qk bigint NOT NULL,
  n int NOT NULL,
  territory_id uuid,
  life_stage text NOT NULL,
  category text,
  wx int NOT NULL,
  wy int NOT NULL,
  id_high bigint NOT NULL,
  id_low bigint NOT NULL
);
CREATE INDEX account_cell_change_qk ON account_cell_change (org_id, qk);

-- `level` is the zoom at which a cell is a tile. With stage and category (`is_sliced`) a cell has more rows,
-- which only who filters by them has to read. `stages` sums the stages' numbers: one account's is its stage.
-- Sums of places are whole numbers in a type that sums fast; they are exact up to half a billion accounts.
CREATE TABLE account_cell (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  is_sliced boolean NOT NULL,
  cell bigint NOT NULL,
  territory_id uuid,
  life_stage text,
  category text,
  n int NOT NULL,
  customers int NOT NULL,
  stages int NOT NULL,
  wx double precision NOT NULL,
  wy double precision NOT NULL,
  id_high bigint NOT NULL,
  id_low bigint NOT NULL
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01);
CREATE UNIQUE INDEX account_cell_key ON account_cell
  (org_id, level, is_sliced, cell, territory_id, life_stage, category) INCLUDE (n, customers, stages, wx, wy, id_high, id_low)
  NULLS NOT DISTINCT;
CREATE INDEX account_cell_empty ON account_cell (org_id) WHERE n = 0;

CREATE FUNCTION account_cell_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO account_cell_change
    SELECT o.org_id, o.qk, -1, o.territory_id, o.life_stage, o.category, o.wx, o.wy,
           tuyen_uuid_high(o.account_id), tuyen_uuid_low(o.account_id) FROM went o;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO account_cell_change
    SELECT o.org_id, o.qk, 1, o.territory_id, o.life_stage, o.category, o.wx, o.wy,
           tuyen_uuid_high(o.account_id), tuyen_uuid_low(o.account_id) FROM came o;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_cell_insert AFTER INSERT ON account_map REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION account_cell_follow();
CREATE TRIGGER account_cell_delete AFTER DELETE ON account_map REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION account_cell_follow();

-- Most updates are visits, which no cell tells of.
CREATE FUNCTION account_cell_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM went) THEN
    RETURN NULL;
  END IF;
  INSERT INTO account_cell_change
  SELECT e.org_id, e.qk, e.n, e.territory_id, e.life_stage, e.category, e.wx, e.wy,
         tuyen_uuid_high(e.account_id), tuyen_uuid_low(e.account_id)
    FROM (
      SELECT -1 AS n, g.* FROM (
        SELECT org_id, account_id, qk, territory_id, life_stage, category, wx, wy FROM went
        EXCEPT SELECT org_id, account_id, qk, territory_id, life_stage, category, wx, wy FROM came) g
      UNION ALL
      SELECT 1, c.* FROM (
        SELECT org_id, account_id, qk, territory_id, life_stage, category, wx, wy FROM came
        EXCEPT SELECT org_id, account_id, qk, territory_id, life_stage, category, wx, wy FROM went) c) e;
  RETURN NULL;
END $$;
CREATE TRIGGER account_cell_update AFTER UPDATE ON account_map REFERENCING OLD TABLE AS went NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION account_cell_move();

-- The box of the map that a territory's accounts lie in, but for what changed since; it may be too large for a while.
CREATE TABLE territory_extent (
  org_id uuid NOT NULL,
  territory_id uuid NOT NULL,
  west int NOT NULL,
  north int NOT NULL,
  east int NOT NULL,
  south int NOT NULL,
  PRIMARY KEY (org_id, territory_id)
);

-- Add some of what changed to the sums and the extents; return how many changes that were.
CREATE FUNCTION account_cells_fold(p_org uuid, p_most int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  folded int;
  left_edge uuid[];
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN 0;
  END IF;
  -- One at a time: two that add the same cells in another order would wait for each other.
  PERFORM pg_advisory_xact_lock(hashtextextended('account_cell ' || p_org, 0));
  WITH went AS (
    DELETE FROM account_cell_change WHERE org_id = p_org AND ctid = ANY (ARRAY (
      SELECT ctid FROM account_cell_change WHERE org_id = p_org LIMIT p_most)) RETURNING *),
  summed AS (
    SELECT k.level, k.is_sliced, w.qk >> 2 * (24 - k.level) AS cell, w.territory_id,
           CASE WHEN k.is_sliced THEN w.life_stage END AS life_stage,
           CASE WHEN k.is_sliced THEN w.category END AS category,
           sum(w.n) AS n, sum(w.n) FILTER (WHERE w.life_stage = 'customer') AS customers,
           sum(w.n * tuyen_stage_number(w.life_stage)) AS stages,
           sum(w.n * w.wx::float8) AS wx, sum(w.n * w.wy::float8) AS wy,
           bit_xor(w.id_high) AS id_high, bit_xor(w.id_low) AS id_low
      FROM went w CROSS JOIN (VALUES (14, false), (18, false), (11, true), (12, true), (15, true), (16, true)) k (level, is_sliced)
     GROUP BY 1, 2, 3, 4, 5, 6),
  added AS (
    INSERT INTO account_cell AS c
    SELECT p_org, level, is_sliced, cell, territory_id, life_stage, category,
           n, coalesce(customers, 0), stages, wx, wy, id_high, id_low
      FROM summed WHERE n <> 0 OR stages <> 0 OR wx <> 0 OR wy <> 0 OR id_high <> 0 OR id_low <> 0
    ON CONFLICT (org_id, level, is_sliced, cell, territory_id, life_stage, category) DO UPDATE
       SET n = c.n + excluded.n, customers = c.customers + excluded.customers, stages = c.stages + excluded.stages,
           wx = c.wx + excluded.wx, wy = c.wy + excluded.wy,
           id_high = c.id_high # excluded.id_high, id_low = c.id_low # excluded.id_low),
  grown AS (
    INSERT INTO territory_extent AS x
    SELECT p_org, territory_id, min(wx), min(wy), max(wx), max(wy) FROM went
     WHERE n > 0 AND territory_id IS NOT NULL GROUP BY territory_id
    ON CONFLICT (org_id, territory_id) DO UPDATE
       SET west = least(x.west, excluded.west), north = least(x.north, excluded.north),
           east = greatest(x.east, excluded.east), south = greatest(x.south, excluded.south))
  SELECT count(*), array_agg(DISTINCT w.territory_id) FILTER (
           WHERE w.n < 0 AND (w.wx IN (x.west, x.east) OR w.wy IN (x.north, x.south))) INTO folded, left_edge
    FROM went w LEFT JOIN territory_extent x ON x.org_id = p_org AND x.territory_id = w.territory_id;
  DELETE FROM account_cell WHERE org_id = p_org AND n = 0;
  -- An account at an edge went: what is left may lie in a smaller box.
  IF left_edge IS NOT NULL THEN
    DELETE FROM territory_extent WHERE org_id = p_org AND territory_id = ANY (left_edge);
    INSERT INTO territory_extent
    SELECT p_org, m.territory_id, min(m.wx), min(m.wy), max(m.wx), max(m.wy) FROM account_map m
     WHERE m.org_id = p_org AND m.territory_id = ANY (left_edge) GROUP BY m.territory_id;
  END IF;
  RETURN folded;
END $$;
REVOKE EXECUTE ON FUNCTION account_cells_fold(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_cells_fold(uuid, int) TO tuyen_app;

CREATE OR REPLACE FUNCTION account_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE account, account_cell, account_cell_change, account_import, account_map, account_search, sync_row;
END $$;

-- As before, with the owner of what lies in no territory and with what areas ask of an account.
CREATE OR REPLACE FUNCTION account_map_track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM account_map m USING changed c
     WHERE m.org_id = c.org_id AND m.account_id = c.id AND (TG_OP = 'DELETE' OR c.location IS NULL OR c.deleted_at IS NOT NULL);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO account_map AS m (org_id, account_id, territory_id, owner_id, life_stage, category, channel, priority,
                                  visit_every_days, last_visit_at, wx, wy, qk)
    SELECT c.org_id, c.id, c.territory_id, CASE WHEN c.territory_id IS NULL THEN c.owner_id END,
           c.life_stage, c.category, c.channel, c.priority, c.visit_every_days, c.last_visit_at, w.x, w.y, tuyen_spread24(w.x) | (tuyen_spread24(w.y) << 1)
      FROM changed c, LATERAL (SELECT tuyen_world_x(c.location) AS x, tuyen_world_y(c.location) AS y) w
     WHERE c.location IS NOT NULL AND c.deleted_at IS NULL;
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION account_map_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  one record;
BEGIN
  UPDATE account_map m
     SET territory_id = c.territory_id, owner_id = CASE WHEN c.territory_id IS NULL THEN c.owner_id END,
         life_stage = c.life_stage, category = c.category, channel = c.channel, priority = c.priority,
         visit_every_days = c.visit_every_days, last_visit_at = c.last_visit_at
    FROM changed c
   WHERE m.org_id = c.org_id AND m.account_id = c.id
     AND (m.territory_id, m.owner_id, m.life_stage, m.category, m.channel, m.priority::int, m.visit_every_days::int,
          m.last_visit_at)
         IS DISTINCT FROM (c.territory_id, CASE WHEN c.territory_id IS NULL THEN c.owner_id END,
                           c.life_stage, c.category, c.channel, c.priority, c.visit_every_days, c.last_visit_at);
  FOR one IN
    SELECT e.org_id, array_agg(e.id) AS ids FROM (
      SELECT n.org_id, n.id, n.name_folded, n.phone, ST_X(n.location), ST_Y(n.location), n.deleted_at IS NULL
        FROM changed n
      EXCEPT
      SELECT o.org_id, o.id, o.name_folded, o.phone, ST_X(o.location), ST_Y(o.location), o.deleted_at IS NULL
        FROM was o) e
     GROUP BY e.org_id
  LOOP
    DELETE FROM account_map m USING account c
     WHERE c.org_id = one.org_id AND c.id = ANY (one.ids) AND m.org_id = one.org_id AND m.account_id = c.id
       AND (c.location IS NULL OR c.deleted_at IS NOT NULL);
    DELETE FROM account_search s USING account c
     WHERE c.org_id = one.org_id AND c.id = ANY (one.ids) AND s.org_id = one.org_id AND s.account_id = c.id
       AND c.deleted_at IS NOT NULL;
    INSERT INTO account_search AS s (org_id, account_id, name_folded, phone, location)
    SELECT c.org_id, c.id, c.name_folded, c.phone, c.location FROM account c
     WHERE c.org_id = one.org_id AND c.id = ANY (one.ids) AND c.deleted_at IS NULL
    ON CONFLICT (org_id, account_id) DO UPDATE
       SET name_folded = excluded.name_folded, phone = excluded.phone, location = excluded.location;
    INSERT INTO account_map AS m (org_id, account_id, territory_id, owner_id, life_stage, category, channel, priority,
                                  visit_every_days, last_visit_at, wx, wy, qk)
    SELECT c.org_id, c.id, c.territory_id, CASE WHEN c.territory_id IS NULL THEN c.owner_id END,
           c.life_stage, c.category, c.channel, c.priority, c.visit_every_days, c.last_visit_at, w.x, w.y, tuyen_spread24(w.x) | (tuyen_spread24(w.y) << 1)
      FROM account c, LATERAL (SELECT tuyen_world_x(c.location) AS x, tuyen_world_y(c.location) AS y) w
     WHERE c.org_id = one.org_id AND c.id = ANY (one.ids) AND c.location IS NOT NULL AND c.deleted_at IS NULL
    ON CONFLICT (org_id, account_id) DO UPDATE SET wx = excluded.wx, wy = excluded.wy, qk = excluded.qk
     WHERE m.qk <> excluded.qk;
  END LOOP;
  RETURN NULL;
END $$;

-- What is there already is what changed first.
INSERT INTO account_cell_change
SELECT org_id, qk, 1, territory_id, life_stage, category, wx, wy, tuyen_uuid_high(account_id), tuyen_uuid_low(account_id)
  FROM account_map;
