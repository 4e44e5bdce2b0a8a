-- What lies nearest in a scope, and which state of its accounts one sees: both are asked many times a minute.

-- The accounts of one territory by their distance. Row-level security is no matter here: who reads by it is the owner.
CREATE INDEX account_map_near ON account_map USING gist (org_id, territory_id, point(wx, wy)) INCLUDE (account_id);

-- A box around all that is so many metres away at most. On WGS 84 a degree of latitude has at least 110,574 m, one of
-- longitude 111,320 m * cos(latitude).
CREATE FUNCTION tuyen_within(p_point geometry, p_metres double precision) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  lat double precision := p_metres / 110574 + 1e-9;
  lon double precision := p_metres / (111320 * cos(radians(least(abs(ST_Y(p_point)) + lat, 89)))) + 1e-9;
BEGIN
  RETURN ST_Expand(p_point, lon, lat);
END $$;

-- A place on the map of 2^24 cells a side that account_map counts in; beyond its edges lies no account.
CREATE FUNCTION tuyen_world_point(p_lon double precision, p_lat double precision) RETURNS point
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  place geometry := ST_MakePoint(p_lon, greatest(-85.05, least(85.05, p_lat)));
BEGIN
  RETURN point(tuyen_world_x(place), tuyen_world_y(place));
END $$;

-- Of a few territories each one's nearest account tells whether it can have any that is wanted; those that can are
-- asked by turns. Who holds many stands amid them, mostly: what is nearest of all is nearest of theirs. Mercator's map
-- shows all ways from a point to a small area alike, so its order is that of metres, nearly: thirty more are measured,
-- and only where more than those are as far within a hundredth may it be another of them that is told.
-- Never across the 180th meridian. A session keeps one plan, which does not know how few are asked for: it goes by
-- the indexes whatever the planner would guess.
CREATE OR REPLACE FUNCTION account_nearest(p_org uuid, p_territories uuid[], p_point geometry, p_limit int)
RETURNS TABLE (id uuid, distance_m double precision) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off AS $$
DECLARE
  here point := tuyen_world_point(ST_X(p_point), ST_Y(p_point));
  held uuid[];
  firsts double precision[];
  ids uuid[] := '{}';
  ways double precision[] := '{}';
  -- How many metres a cell of the map has, here; and far off, as each territory's first tells.
  cell_m double precision := 40075016.7 / 16777216 * cos(radians(ST_Y(p_point)));
  scales double precision[];
  reach double precision;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  IF p_territories IS NULL OR cardinality(p_territories) > 20 THEN
    SELECT max(q.way) INTO reach FROM (
      SELECT ST_Distance(n.location::geography, p_point::geography) AS way FROM (
        SELECT s.account_id, s.location FROM account_search s WHERE s.org_id = p_org AND s.location IS NOT NULL
         ORDER BY s.location <-> p_point LIMIT CASE WHEN p_territories IS NULL THEN p_limit ELSE p_limit + 50 END) n
       WHERE p_territories IS NULL OR (
         SELECT m.territory_id FROM account_map m WHERE m.org_id = p_org AND m.account_id = n.account_id)
           = ANY (p_territories)
       ORDER BY way LIMIT p_limit) q HAVING p_territories IS NULL OR count(*) = p_limit;
    IF p_territories IS NULL OR reach IS NOT NULL THEN
      RETURN QUERY
        SELECT s.account_id, ST_Distance(s.location::geography, p_point::geography) AS d FROM account_search s
         WHERE s.org_id = p_org AND s.location IS NOT NULL AND s.location && tuyen_within(p_point, reach)
           AND (p_territories IS NULL OR (
             SELECT m.territory_id FROM account_map m WHERE m.org_id = p_org AND m.account_id = s.account_id)
               = ANY (p_territories))
         ORDER BY d, s.account_id LIMIT p_limit;
      RETURN;
    END IF;
  END IF;
  SELECT array_agg(f.id ORDER BY f.way), array_agg(f.way ORDER BY f.way),
         array_agg(CASE WHEN f.on_map > 1000 THEN f.way / f.on_map ELSE cell_m END ORDER BY f.way)
    INTO held, firsts, scales FROM (
    SELECT t.id, m.on_map, ST_Distance(s.location::geography, p_point::geography) AS way
      FROM unnest(p_territories) t (id), LATERAL (
        SELECT m.account_id, point(m.wx, m.wy) <-> here AS on_map FROM account_map m
         WHERE m.org_id = p_org AND m.territory_id = t.id ORDER BY point(m.wx, m.wy) <-> here LIMIT 1) m
      JOIN account_search s ON s.org_id = p_org AND s.account_id = m.account_id) f;
  FOR number IN 1 .. coalesce(cardinality(held), 0) LOOP
    EXIT WHEN 0.99 * firsts[number] > ways[p_limit];
    SELECT array_agg(w.id ORDER BY w.way), array_agg(w.way ORDER BY w.way) INTO ids, ways FROM (
      SELECT u.id, u.way FROM unnest(ids, ways) u (id, way)
      UNION ALL
      SELECT m.account_id, m.on_map * scales[number] FROM (
        SELECT m.account_id, point(m.wx, m.wy) <-> here AS on_map FROM account_map m
         WHERE m.org_id = p_org AND m.territory_id = held[number]
         ORDER BY point(m.wx, m.wy) <-> here LIMIT p_limit + 30) m
      ORDER BY 2 LIMIT p_limit + 30) w;
  END LOOP;
  RETURN QUERY
    SELECT s.account_id, ST_Distance(s.location::geography, p_point::geography) AS d
      FROM unnest(ids) u (id) JOIN account_search s ON s.org_id = p_org AND s.account_id = u.id
     ORDER BY d, s.account_id LIMIT p_limit;
END $$;

-- The newest change of the accounts of each territory and of a person's own, or of all, and the transactions older
-- than the newest of these that still run: what they commit later carries an older number, yet must make a new
-- version. One look-up a territory, by a plan that a session keeps.
CREATE FUNCTION account_version(p_org uuid, p_territories uuid[], p_user uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  buckets text[];
  newest xid8;
  known text;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN NULL;
  END IF;
  IF p_territories IS NULL THEN
    SELECT array_agg('t:' || t.id) || 't:none'::text INTO buckets FROM territory t WHERE t.org_id = p_org;
  ELSE
    SELECT array_agg('t:' || t.id) || ('u:' || p_user) INTO buckets FROM unnest(p_territories) t (id);
  END IF;
  SELECT string_agg(b.name || '=' || s.xid, ' ' ORDER BY b.name), max(s.xid::text::numeric)::text::xid8
    INTO known, newest
    FROM unnest(buckets) b (name), LATERAL (
      SELECT r.xid FROM sync_row r WHERE r.org_id = p_org AND r.bucket = b.name ORDER BY r.xid DESC LIMIT 1) s;
  RETURN concat(known, '|', (SELECT string_agg(x::text, ' ' ORDER BY x)
                               FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE x < newest));
END $$;
REVOKE EXECUTE ON FUNCTION account_version(uuid, uuid[], uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_version(uuid, uuid[], uuid) TO tuyen_app;
