-- Crates of empties that the customer owes: changed by what comes and goes, never below nothing.
ALTER TABLE account ADD COLUMN empties_owed int NOT NULL DEFAULT 0
  CONSTRAINT account_empties_not_negative CHECK (empties_owed >= 0);

-- The id of an account that was merged into another one: later changes of it land on that one.
CREATE TABLE account_alias (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  merged_at timestamptz NOT NULL DEFAULT now(),
  merged_by uuid NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  CONSTRAINT account_alias_of_another CHECK (id <> account_id)
);
CREATE INDEX account_alias_target ON account_alias (org_id, account_id);

-- The account that an id means now: the one it was merged into, or itself.
-- PL/pgSQL here and below keeps the plan for the session; the body of an SQL function is planned each time.
CREATE FUNCTION account_resolved(p_org uuid, p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT l.account_id FROM account_alias l WHERE l.org_id = p_org AND l.id = p_account), p_account);
END $$;

-- Two accounts that may be the same place, until a person says.
CREATE TABLE account_duplicate (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  other_id uuid NOT NULL,
  reason text NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'merged', 'distinct')),
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  settled_by uuid,
  PRIMARY KEY (org_id, account_id, other_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, other_id) REFERENCES account (org_id, id),
  CONSTRAINT account_duplicate_of_another CHECK (account_id <> other_id)
);
CREATE INDEX account_duplicate_open ON account_duplicate (org_id, created_at) WHERE state = 'open';

-- The live account that may be the same place as this one: the same phone number, or the same name
-- without diacritics within 150 m; the nearest of them. NULL when there is none. Pairs that a person
-- called distinct do not count.
-- Row-level security would keep the planner off it, so this reads as the
-- owner and checks the organisation itself. The box of degrees is narrowed by the distance on the globe.
CREATE FUNCTION account_find_duplicate(p_org uuid, p_account uuid, OUT other_id uuid, OUT reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  own account;
  lon double precision;
  lat double precision;
  -- On WGS 84 a degree of latitude has at least 110,574 m, one of longitude 111,320 m * cos(latitude).
  reach_lat CONSTANT double precision := 150 / 110574.0;
  reach_lon double precision;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  SELECT * INTO own FROM account a WHERE a.org_id = p_org AND a.id = p_account AND a.deleted_at IS NULL;
  lon := ST_X(own.location);
  lat := ST_Y(own.location);
  reach_lon := reach_lat / cos(radians(least(abs(lat) + reach_lat, 89)));
  SELECT f.id, f.why INTO other_id, reason FROM (
    (SELECT s.account_id AS id, 'same_phone' AS why, s.location FROM account_search s
      WHERE s.org_id = p_org AND s.phone = own.phone AND s.account_id <> own.id LIMIT 50)
    UNION ALL
    (SELECT s.account_id, 'same_name_near', s.location FROM account_search s
      WHERE s.org_id = p_org AND s.name_folded = own.name_folded AND s.account_id <> own.id
        AND s.location IS NOT NULL AND ST_Y(s.location) BETWEEN lat - reach_lat AND lat + reach_lat
        AND ST_X(s.location) BETWEEN lon - reach_lon AND lon + reach_lon
        AND ST_Distance(s.location::geography, own.location::geography) <= 150)) f
   WHERE NOT EXISTS (
     SELECT 1 FROM account_duplicate d
      WHERE d.org_id = p_org AND d.state = 'distinct'
        AND ((d.account_id, d.other_id) = (own.id, f.id) OR (d.account_id, d.other_id) = (f.id, own.id)))
   ORDER BY f.why DESC, ST_Distance(f.location::geography, own.location::geography) NULLS LAST, f.id LIMIT 1;
END $$;

-- As above for an account just made, and the pair is kept for people to judge. Two that are made at the
-- same time wait for each other here, else neither would see the other.
CREATE FUNCTION account_flag_duplicate(p_org uuid, p_account uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  likeness text;
  found record;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN NULL;
  END IF;
  FOR likeness IN
    SELECT l FROM account a, unnest(ARRAY[a.phone, a.name_folded]) l
     WHERE a.org_id = p_org AND a.id = p_account AND l IS NOT NULL ORDER BY l
  LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('tuyen_likeness:' || p_org || ':' || likeness, 0));
  END LOOP;
  -- A statement of its own sees what was committed during the wait.
  SELECT * INTO found FROM account_find_duplicate(p_org, p_account);
  IF found.other_id IS NOT NULL THEN
    INSERT INTO account_duplicate (org_id, account_id, other_id, reason)
    VALUES (p_org, p_account, found.other_id, found.reason) ON CONFLICT DO NOTHING;
  END IF;
  RETURN found.other_id;
END $$;
REVOKE EXECUTE ON FUNCTION account_find_duplicate(uuid, uuid), account_flag_duplicate(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_find_duplicate(uuid, uuid), account_flag_duplicate(uuid, uuid) TO tuyen_app;

-- Where an account was before: who may still report on it is read from here. Only a trigger writes it,
-- from rows that are there and never go, so it needs no foreign keys: 50,000 moves would pay 100,000 checks.
CREATE TABLE account_placement (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  territory_id uuid NOT NULL,
  left_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, account_id, left_at, territory_id)
);

-- After a realignment the one who had the account keeps it until its open work is done.
CREATE TABLE account_holdover (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  realignment_id uuid,
  -- The first day on which it no longer holds.
  until_on date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, account_id, user_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX account_holdover_by_user ON account_holdover (org_id, user_id);

-- The accounts that a person keeps for a while: they count as in scope wherever scope is asked for.
CREATE FUNCTION tuyen_held_over(p_org uuid, p_user uuid) RETURNS SETOF uuid LANGUAGE plpgsql STABLE ROWS 20 AS $$
BEGIN
  RETURN QUERY SELECT h.account_id FROM account_holdover h WHERE h.org_id = p_org AND h.user_id = p_user;
END $$;
CREATE FUNCTION tuyen_is_held_over(p_org uuid, p_user uuid, p_account uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM account_holdover h
    WHERE h.org_id = p_org AND h.account_id = p_account AND h.user_id = p_user);
END $$;

-- Whether a person who does not have the account now was entitled to report on it at a time: they held a
-- territory that it was in (or one above it) when it left, and that time is before it left or it left
-- within 7 days; or they held its present territory then, or within 7 days; or it lay in their own bucket
-- (owned outside every territory, or held over). A day on which a territory changed hands counts for both.
CREATE FUNCTION account_was_held(p_org uuid, p_user uuid, p_account uuid, p_captured timestamptz)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (WITH RECURSIVE same AS (
    SELECT p_account AS id UNION ALL SELECT l.id FROM account_alias l WHERE l.org_id = p_org AND l.account_id = p_account),
  place AS (
    SELECT a.territory_id, NULL::timestamptz AS left_at FROM account a
     WHERE a.org_id = p_org AND a.id = p_account AND a.territory_id IS NOT NULL
    UNION ALL
    SELECT p.territory_id, p.left_at FROM account_placement p WHERE p.org_id = p_org AND p.account_id IN (SELECT id FROM same)),
  above AS (
    SELECT territory_id, left_at FROM place
    UNION
    SELECT t.parent_id, b.left_at FROM above b
      JOIN territory t ON t.org_id = p_org AND t.id = b.territory_id AND t.parent_id IS NOT NULL),
  held AS (
    SELECT b.left_at, daterange(s.valid_from, s.valid_to, '[]') AS days,
           (p_captured AT TIME ZONE o.time_zone)::date AS captured_on,
           coalesce((b.left_at AT TIME ZONE o.time_zone)::date, tuyen_today(p_org)) AS left_on
      FROM above b JOIN organisation o ON o.id = p_org
      JOIN territory_assignment s ON s.org_id = p_org AND s.user_id = p_user AND s.territory_id = b.territory_id)
  SELECT EXISTS (
    SELECT 1 FROM held h WHERE CASE
      WHEN h.left_at IS NULL THEN h.days @> h.captured_on OR h.days && daterange(h.left_on - 7, h.left_on, '[]')
      WHEN p_captured <= h.left_at THEN h.days @> h.captured_on OR h.days @> h.left_on
      ELSE h.days @> h.left_on AND h.left_at >= now() - interval '7 days' END)
  OR EXISTS (
    SELECT 1 FROM sync_row s
     WHERE s.org_id = p_org AND s.tbl = 'account' AND s.id IN (SELECT id FROM same) AND s.bucket = 'u:' || p_user
       AND s.removed AND (p_captured <= s.changed_at OR s.changed_at >= now() - interval '7 days')));
END $$;

CREATE OR REPLACE VIEW sync_wanted_account AS
  SELECT org_id, id, 't:' || coalesce(territory_id::text, 'none') AS bucket FROM account WHERE deleted_at IS NULL
  UNION ALL
  SELECT org_id, id, 'u:' || owner_id FROM account
   WHERE deleted_at IS NULL AND territory_id IS NULL AND owner_id IS NOT NULL
  UNION ALL
  SELECT a.org_id, a.id, 'u:' || h.user_id FROM account_holdover h
    JOIN account a ON a.org_id = h.org_id AND a.id = h.account_id
   WHERE a.deleted_at IS NULL AND (a.territory_id IS NOT NULL OR a.owner_id IS DISTINCT FROM h.user_id);

-- As before, and a person's scope holds what they keep for a while.
CREATE OR REPLACE FUNCTION account_search_page(
  p_org uuid, p_query text, p_life_stage text, p_category text, p_territory uuid, p_tag text,
  p_territories uuid[], p_owner uuid, p_after uuid, p_limit int)
RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  patterns text[];
  after_name text;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  SELECT array_agg('%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%' ORDER BY length(word) DESC)
    INTO patterns FROM regexp_split_to_table(tuyen_fold(p_query), '\s+') word WHERE word <> '';
  IF p_after IS NOT NULL THEN
    SELECT a.name_folded INTO after_name FROM account a WHERE a.org_id = p_org AND a.id = p_after;
  END IF;
  RETURN QUERY EXECUTE
    'SELECT a.id FROM account_search s JOIN account a ON a.org_id = s.org_id AND a.id = s.account_id
      WHERE s.org_id = $1 AND a.deleted_at IS NULL AND s.name_folded LIKE $2 AND s.name_folded LIKE ALL ($3)
        AND ($4 IS NULL OR a.life_stage = $4) AND ($5 IS NULL OR a.category = $5)
        AND ($6 IS NULL OR a.territory_id = $6) AND ($7 IS NULL OR $7 = ANY (a.tags))
        AND ($8 IS NULL OR a.territory_id = ANY ($8) OR (a.territory_id IS NULL AND a.owner_id = $9)
             OR a.id IN (SELECT tuyen_held_over($1, $9)))
        AND ($10 IS NULL OR (s.name_folded, s.account_id) > ($11, $10))
      ORDER BY s.name_folded, s.account_id LIMIT $12'
    USING p_org, coalesce(patterns[1], '%'), coalesce(patterns[2:], '{}'), p_life_stage, p_category, p_territory,
      p_tag, p_territories, p_owner, p_after, after_name, p_limit;
END $$;

-- An account that changes its buckets takes its children along, and where it was is remembered.
CREATE OR REPLACE FUNCTION sync_track_account_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
  child text;
  children uuid[];
BEGIN
  -- EXCEPT and no join of the two: a session keeps the plan that it made for one row, and fifty thousand
  -- rows with no index on either side would then be compared each with each.
  FOR one IN
    SELECT c.org_id, array_agg(c.id ORDER BY c.id) AS ids,
           (SELECT array_agg(m.id ORDER BY m.id) FROM (
              SELECT n.org_id, n.id, n.territory_id, n.owner_id, n.deleted_at FROM changed n
              EXCEPT SELECT b.org_id, b.id, b.territory_id, b.owner_id, b.deleted_at FROM was b) m
             WHERE m.org_id = c.org_id) AS moved
      FROM changed c GROUP BY c.org_id
  LOOP
    PERFORM sync_touch('account', one.org_id, one.ids);
    IF one.moved IS NOT NULL THEN
      INSERT INTO account_placement (org_id, account_id, territory_id, left_at)
      SELECT b.org_id, b.id, b.territory_id, clock_timestamp() FROM (
        SELECT o.org_id, o.id, o.territory_id, o.deleted_at IS NULL FROM was o
        EXCEPT SELECT n.org_id, n.id, n.territory_id, n.deleted_at IS NULL FROM changed n) b
       WHERE b.org_id = one.org_id AND b.territory_id IS NOT NULL
       ON CONFLICT DO NOTHING;
      FOREACH child IN ARRAY ARRAY['contact', 'visit', 'check_in', 'note', 'media'] LOOP
        EXECUTE format('SELECT array_agg(id ORDER BY id) FROM %I WHERE org_id = $1 AND account_id = ANY ($2)', child)
          INTO children USING one.org_id, one.moved;
        PERFORM sync_touch(child, one.org_id, children);
      END LOOP;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- A folded name is made when the name is written, and not with every change of the account.
ALTER TABLE account ALTER COLUMN name_folded DROP EXPRESSION;
ALTER TABLE account ALTER COLUMN name_folded TYPE text COLLATE "C";
CREATE FUNCTION account_fold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name_folded := tuyen_fold(NEW.name);
  RETURN NEW;
END $$;
CREATE TRIGGER account_fold BEFORE INSERT OR UPDATE OF name, name_folded ON account
  FOR EACH ROW EXECUTE FUNCTION account_fold();
-- Most changes leave places alone, and what was put by hand is not placed.
DROP TRIGGER account_place_update ON account;
CREATE TRIGGER account_place_update BEFORE UPDATE OF location, territory_is_manual ON account
  FOR EACH ROW WHEN (NOT NEW.territory_is_manual) EXECUTE FUNCTION account_place();
-- Few accounts come from elsewhere.
ALTER TABLE account DROP CONSTRAINT account_source_unique;
CREATE UNIQUE INDEX account_source_unique ON account (org_id, source, source_ref) WHERE source IS NOT NULL;

-- What accounts are looked for by, the live ones: their names, phones and places. The indexes stand here and not
-- on the account, which changes far more often than any of these: a change writes into all indexes of its table.
DROP INDEX account_name;
DROP INDEX account_near;
DROP INDEX account_near_territory;
DROP INDEX account_by_name;
CREATE TABLE account_search (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  name_folded text COLLATE "C" NOT NULL,
  phone text,
  location geometry(Point, 4326),
  PRIMARY KEY (org_id, account_id)
);
INSERT INTO account_search (org_id, account_id, name_folded, phone, location)
SELECT org_id, id, name_folded, phone, location FROM account WHERE deleted_at IS NULL;
CREATE INDEX account_search_words ON account_search USING gin (name_folded gin_trgm_ops);
CREATE INDEX account_search_by_name ON account_search (org_id, name_folded, account_id);
CREATE INDEX account_search_phone ON account_search (org_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX account_search_near ON account_search USING gist (org_id, location) WHERE location IS NOT NULL;
-- A name may be that of thousands and a street may hold hundreds: only both together are few.
CREATE INDEX account_search_name_and_place ON account_search (org_id, name_folded, ST_Y(location), ST_X(location))
  WHERE location IS NOT NULL;

CREATE FUNCTION account_search_track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM account_search s USING changed c WHERE s.org_id = c.org_id AND s.account_id = c.id;
  ELSE
    INSERT INTO account_search (org_id, account_id, name_folded, phone, location)
    SELECT org_id, id, name_folded, phone, location FROM changed WHERE deleted_at IS NULL;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_search_insert AFTER INSERT ON account REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_search_track();
CREATE TRIGGER account_search_delete AFTER DELETE ON account REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_search_track();

-- The rows of the map and of search follow what changed and no more: most updates touch nothing that they
-- show, and where only the territory changes the place need not be computed again. An account's rows are
-- looked up by its key: a session keeps its plan, and joined otherwise everybody's are read.
CREATE FUNCTION account_map_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  one record;
BEGIN
  UPDATE account_map m
     SET territory_id = c.territory_id, life_stage = c.life_stage, category = c.category, last_visit_at = c.last_visit_at
    FROM changed c
   WHERE m.org_id = c.org_id AND m.account_id = c.id
     AND (m.territory_id, m.life_stage, m.category, m.last_visit_at)
         IS DISTINCT FROM (c.territory_id, c.life_stage, c.category, c.last_visit_at);
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
    INSERT INTO account_map AS m (org_id, account_id, territory_id, life_stage, category, last_visit_at, wx, wy, qk)
    SELECT c.org_id, c.id, c.territory_id, c.life_stage, c.category, c.last_visit_at, w.x, w.y,
           tuyen_spread24(w.x) | (tuyen_spread24(w.y) << 1)
      FROM account c, LATERAL (SELECT tuyen_world_x(c.location) AS x, tuyen_world_y(c.location) AS y) w
     WHERE c.org_id = one.org_id AND c.id = ANY (one.ids) AND c.location IS NOT NULL AND c.deleted_at IS NULL
    ON CONFLICT (org_id, account_id) DO UPDATE SET wx = excluded.wx, wy = excluded.wy, qk = excluded.qk
     WHERE m.qk <> excluded.qk;
  END LOOP;
  RETURN NULL;
END $$;
DROP TRIGGER account_map_update ON account;
CREATE TRIGGER account_map_update AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_follow();

-- As before, by the places that stand apart.
CREATE OR REPLACE FUNCTION territory_place_accounts(p_org uuid, p_territories uuid[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN 0;
  END IF;
  UPDATE account a SET territory_id = p.territory_id
    FROM (SELECT c.id, tuyen_territory_at(p_org, c.location) AS territory_id
            FROM (SELECT x.id, x.location FROM account x
                   WHERE x.org_id = p_org AND x.territory_id = ANY (p_territories)
                     AND x.deleted_at IS NULL AND NOT x.territory_is_manual
                  UNION ALL
                  SELECT DISTINCT ON (x.id) x.id, x.location
                    FROM territory t
                    JOIN account_search s ON s.org_id = p_org AND s.location IS NOT NULL AND ST_Covers(t.area, s.location)
                    JOIN account x ON x.org_id = p_org AND x.id = s.account_id
                   WHERE t.org_id = p_org AND t.id = ANY (p_territories) AND t.deleted_at IS NULL
                     AND x.deleted_at IS NULL AND NOT x.territory_is_manual
                     AND (x.territory_id IS NULL OR x.territory_id <> ALL (p_territories))) c) p
   WHERE a.org_id = p_org AND a.id = p.id AND NOT a.territory_is_manual
     AND a.territory_id IS DISTINCT FROM p.territory_id;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

CREATE OR REPLACE FUNCTION account_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE account, account_import, account_map, account_search, sync_row;
END $$;

-- A child is put where its account is, as before; and what still comes for an account that was merged
-- meanwhile belongs to the one it was merged into, whoever writes it.
CREATE OR REPLACE FUNCTION sync_track_child() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
BEGIN
  PERFORM 1 FROM account a WHERE (a.org_id, a.id) IN (SELECT org_id, account_id FROM changed)
    ORDER BY a.org_id, a.id FOR SHARE;
  FOR one IN SELECT org_id, array_agg(id ORDER BY id) AS ids FROM changed GROUP BY org_id LOOP
    PERFORM sync_touch(TG_TABLE_NAME, one.org_id, one.ids);
    IF EXISTS (SELECT 1 FROM changed c JOIN account_alias l ON l.org_id = c.org_id AND l.id = c.account_id) THEN
      -- Comes back here by the trigger of this very update, with the other account.
      EXECUTE format(
        'UPDATE %I t SET account_id = l.account_id FROM account_alias l
          WHERE l.org_id = t.org_id AND l.id = t.account_id AND t.org_id = $1 AND t.id = ANY ($2)', TG_TABLE_NAME)
        USING one.org_id, one.ids;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- Held over or let go: the account and its children enter or leave the person's bucket.
CREATE FUNCTION sync_track_holdover() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
  child text;
  children uuid[];
BEGIN
  PERFORM 1 FROM account a WHERE (a.org_id, a.id) IN (SELECT org_id, account_id FROM changed)
    ORDER BY a.org_id, a.id FOR UPDATE;
  FOR one IN SELECT org_id, array_agg(DISTINCT account_id) AS ids FROM changed GROUP BY org_id LOOP
    PERFORM sync_touch('account', one.org_id, one.ids);
    FOREACH child IN ARRAY ARRAY['contact', 'visit', 'check_in', 'note', 'media'] LOOP
      EXECUTE format('SELECT array_agg(id ORDER BY id) FROM %I WHERE org_id = $1 AND account_id = ANY ($2)', child)
        INTO children USING one.org_id, one.ids;
      PERFORM sync_touch(child, one.org_id, children);
    END LOOP;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER sync_insert AFTER INSERT ON account_holdover REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track_holdover();
CREATE TRIGGER sync_delete AFTER DELETE ON account_holdover REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track_holdover();
