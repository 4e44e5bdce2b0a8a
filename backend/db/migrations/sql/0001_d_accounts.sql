CREATE TABLE account (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  kind text NOT NULL DEFAULT 'organisation' CHECK (kind IN ('organisation', 'individual')),
  name text NOT NULL CHECK (name <> ''),
  name_folded text GENERATED ALWAYS AS (tuyen_fold(name)) STORED,
  life_stage text NOT NULL DEFAULT 'prospect'
    CHECK (life_stage IN ('prospect', 'customer', 'lapsed', 'lost')),
  category text,
  address text,
  phone text CONSTRAINT account_phone_e164 CHECK (phone ~ '^\+[1-9][0-9]{4,14}$'),
  email text,
  website text,
  channel text,
  tags text[] NOT NULL DEFAULT '{}',
  opening_hours text,
  location geometry(Point, 4326),
  location_source text CHECK (location_source IN ('osm', 'import', 'geocoded', 'gps', 'manual')),
  territory_id uuid,
  territory_is_manual boolean NOT NULL DEFAULT false,
  owner_id uuid,
  visit_minutes int NOT NULL DEFAULT 15 CHECK (visit_minutes BETWEEN 1 AND 480),
  visit_every_days int NOT NULL DEFAULT 28 CHECK (visit_every_days BETWEEN 1 AND 730),
  priority int NOT NULL DEFAULT 2 CHECK (priority BETWEEN 1 AND 5),
  last_visit_at timestamptz,
  source text,
  source_ref text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, territory_id) REFERENCES territory (org_id, id),
  FOREIGN KEY (org_id, owner_id) REFERENCES app_user (org_id, id),
  CONSTRAINT account_location_has_source CHECK ((location IS NULL) = (location_source IS NULL)),
  CONSTRAINT account_location_in_world CHECK (
    location IS NULL OR (ST_X(location) BETWEEN -180 AND 180 AND ST_Y(location) BETWEEN -85.05 AND 85.05)),
  CONSTRAINT account_source_unique UNIQUE (org_id, source, source_ref)
);
CREATE INDEX account_name ON account USING gin (name_folded gin_trgm_ops);
CREATE INDEX account_by_territory ON account (org_id, territory_id) WHERE deleted_at IS NULL;
CREATE INDEX account_near ON account USING gist (org_id, location) WHERE deleted_at IS NULL;
CREATE INDEX account_near_territory ON account USING gist (org_id, territory_id, location) WHERE deleted_at IS NULL;
CREATE TRIGGER account_bump BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- An account falls into its territory by location unless a person decided otherwise.
CREATE FUNCTION account_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT NEW.territory_is_manual THEN
    PERFORM tuyen_lock_areas(NEW.org_id, false);
    NEW.territory_id := CASE WHEN NEW.location IS NULL THEN NULL
                             ELSE tuyen_territory_at(NEW.org_id, NEW.location) END;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_place_insert BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION account_place();
CREATE TRIGGER account_place_update BEFORE UPDATE OF location, territory_is_manual ON account
  FOR EACH ROW EXECUTE FUNCTION account_place();

CREATE TABLE contact (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  full_name text NOT NULL CHECK (full_name <> ''),
  job_title text,
  phone text CONSTRAINT contact_phone_e164 CHECK (phone ~ '^\+[1-9][0-9]{4,14}$'),
  email text,
  channels text[] NOT NULL DEFAULT '{}',
  tags text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
);
CREATE INDEX contact_by_account ON contact (org_id, account_id);
CREATE TRIGGER contact_bump BEFORE UPDATE ON contact FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- The narrow table that tiles read: one index-only range scan a tile.
CREATE TABLE account_map (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  territory_id uuid,
  life_stage text NOT NULL,
  category text,
  last_visit_at timestamptz,
  wx int NOT NULL,
  wy int NOT NULL,
  qk bigint NOT NULL,
  PRIMARY KEY (org_id, account_id)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX account_map_qk ON account_map (org_id, qk)
  INCLUDE (account_id, wx, wy, territory_id, life_stage, category, last_visit_at);

CREATE FUNCTION account_map_track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM account_map m USING changed c
     WHERE m.org_id = c.org_id AND m.account_id = c.id AND (TG_OP = 'DELETE' OR c.location IS NULL OR c.deleted_at IS NOT NULL);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO account_map AS m (org_id, account_id, territory_id, life_stage, category, last_visit_at, wx, wy, qk)
    SELECT c.org_id, c.id, c.territory_id, c.life_stage, c.category, c.last_visit_at, w.x, w.y,
           tuyen_spread24(w.x) | (tuyen_spread24(w.y) << 1)
      FROM changed c, LATERAL (SELECT tuyen_world_x(c.location) AS x, tuyen_world_y(c.location) AS y) w
     WHERE c.location IS NOT NULL AND c.deleted_at IS NULL
    ON CONFLICT (org_id, account_id) DO UPDATE
       SET territory_id = excluded.territory_id, life_stage = excluded.life_stage,
           category = excluded.category, last_visit_at = excluded.last_visit_at,
           wx = excluded.wx, wy = excluded.wy, qk = excluded.qk
     WHERE (m.territory_id, m.life_stage, m.category, m.last_visit_at, m.qk) IS DISTINCT FROM
           (excluded.territory_id, excluded.life_stage, excluded.category, excluded.last_visit_at, excluded.qk);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_map_insert AFTER INSERT ON account REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_track();
CREATE TRIGGER account_map_update AFTER UPDATE ON account REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_track();
CREATE TRIGGER account_map_delete AFTER DELETE ON account REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_track();

-- Row-level security keeps the planner off spatial indexes (their operators are not leakproof), so
-- this reads as the owner and checks the organisation itself.
-- The index knows degrees, and away from the equator a degree of longitude is shorter than one of
-- latitude: the nearest by degrees are not the nearest by metres. The farthest of them bounds how far
-- the true ones can be; all within that reach are measured. Never across the 180th meridian.
CREATE FUNCTION account_nearest(p_org uuid, p_territories uuid[], p_point geometry, p_limit int)
RETURNS TABLE (id uuid, distance_m double precision) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  reach double precision;
  degrees_lat double precision;
  degrees_lon double precision;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  IF p_territories IS NULL THEN
    SELECT max(ST_Distance(q.location::geography, p_point::geography)) INTO reach FROM (
      SELECT a.location FROM account a
       WHERE a.org_id = p_org AND a.deleted_at IS NULL AND a.location IS NOT NULL
       ORDER BY a.location <-> p_point LIMIT p_limit) q;
  ELSE
    SELECT max(ST_Distance(q.location::geography, p_point::geography)) INTO reach FROM (
      SELECT n.location FROM unnest(p_territories) t, LATERAL (
        SELECT a.location FROM account a
         WHERE a.org_id = p_org AND a.territory_id = t AND a.deleted_at IS NULL AND a.location IS NOT NULL
         ORDER BY a.location <-> p_point LIMIT p_limit) n
       ORDER BY n.location <-> p_point LIMIT p_limit) q;
  END IF;
  -- On WGS 84 a degree of latitude has at least 110,574 m, one of longitude 111,320 m * cos(latitude).
  degrees_lat := reach / 110574 + 1e-9;
  degrees_lon := reach / (111320 * cos(radians(least(abs(ST_Y(p_point)) + degrees_lat, 89)))) + 1e-9;
  RETURN QUERY
    SELECT a.id, ST_Distance(a.location::geography, p_point::geography) AS d FROM account a
     WHERE a.org_id = p_org AND a.deleted_at IS NULL
       AND a.location && ST_Expand(p_point, degrees_lon, degrees_lat)
       AND (p_territories IS NULL OR a.territory_id = ANY (p_territories))
     ORDER BY d, a.id LIMIT p_limit;
END $$;
