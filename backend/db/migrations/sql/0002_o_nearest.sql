-- What lies nearest in a scope, and which state of its accounts one sees: both are asked many times a minute.

-- The accounts of one territory, and of all, by their distance. Row-level security is no matter here: who reads by
-- these is the owner.
CREATE INDEX account_map_near ON account_map USING gist (org_id, territory_id, point(wx, wy));
CREATE INDEX account_map_around ON account_map USING gist (org_id, point(wx, wy));

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

-- Metres from a place to a box of the map: no account in it is nearer. The box's nearest corner or edge on the map is
-- the nearest of a sphere, but for a meridian's, whose foot lies nearer to the pole: by tan(lat)^2 (d/R)^2 / 8 of the
-- way, 1.6 in a hundred over 1,000 km at the polar circle. The ellipsoid's ways are shorter than the sphere's by 5.6 in
-- a thousand at most (north and south at the equator).
CREATE FUNCTION tuyen_at_least(p_point geometry, p_here point, p_west int, p_north int, p_east int, p_south int)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  x double precision := least(greatest(p_here[0], p_west), p_east);
  y double precision := least(greatest(p_here[1], p_north), p_south);
  way double precision;
BEGIN
  IF (x = p_here[0] AND y = p_here[1]) OR abs(ST_Y(p_point)) > 66 THEN
    RETURN 0;
  END IF;
  way := ST_DistanceSphere(p_point, ST_SetSRID(ST_MakePoint(
    x / 16777216 * 360 - 180, degrees(atan(sinh(pi() * (1 - 2 * y / 16777216))))), 4326));
  RETURN greatest(0, way * CASE WHEN way < 1e6 THEN 0.993 - 0.02 * (way / 1e6) ^ 2 ELSE 0.5 END - 10);
END $$;

-- Who stands amid many territories held takes what is nearest of all and is of theirs. Otherwise territories are asked
-- by turns, those that may be nearest first, until none can have any that is wanted: what a territory's accounts cover
-- stands in `territory_extent`, and what came since among the changes. Mercator's map shows all ways from a point to a
-- small area alike, so its order is that of metres, nearly: thirty more are measured, and only where more than those
-- are as far within a hundredth may it be another of them that is told.
-- Never across the 180th meridian. A session keeps one plan, which does not know how few are asked for: it goes by
-- the indexes whatever the planner would guess.
CREATE OR REPLACE FUNCTION account_nearest(p_org uuid, p_territories uuid[], p_point geometry, p_limit int)
RETURNS TABLE (id uuid, distance_m double precision) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off AS $$
DECLARE
  here point := tuyen_world_point(ST_X(p_point), ST_Y(p_point));
  more int := p_limit + 30;
  held uuid[];
  bounds double precision[];
  ids uuid[] := '{}';
  ways double precision[] := '{}';
  its uuid[];
  marks double precision[];
  -- How many metres a cell of the map has, here; and far off, as each territory's first tells.
  cell_m double precision := 40075016.7 / 16777216 * cos(radians(ST_Y(p_point)));
  scale double precision;
  reach double precision;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  IF p_territories IS NULL THEN
    SELECT max(q.way) INTO reach FROM (
      SELECT ST_Distance(n.location::geography, p_point::geography) AS way FROM (
        SELECT s.location FROM account_search s WHERE s.org_id = p_org AND s.location IS NOT NULL
         ORDER BY s.location <-> p_point LIMIT p_limit) n) q;
    RETURN QUERY
      SELECT s.account_id, ST_Distance(s.location::geography, p_point::geography) AS d FROM account_search s
       WHERE s.org_id = p_org AND s.location IS NOT NULL AND s.location && tuyen_within(p_point, reach)
       ORDER BY d, s.account_id LIMIT p_limit;
    RETURN;
  END IF;
  IF (SELECT count(*) FROM (SELECT FROM account_cell_change c WHERE c.org_id = p_org LIMIT 2000) c) = 2000 THEN
    -- Too many to look through: any territory may have gained what lies here.
    held := p_territories;
    bounds := array_fill(0.0::double precision, ARRAY[cardinality(held)]);
  ELSE
    SELECT array_agg(b.id ORDER BY b.bound), array_agg(b.bound ORDER BY b.bound) INTO held, bounds FROM (
      SELECT e.id, min(e.bound) AS bound FROM (
        SELECT t.id, tuyen_at_least(p_point, here, x.west, x.north, x.east, x.south) AS bound
          FROM unnest(p_territories) t (id) JOIN territory_extent x ON x.org_id = p_org AND x.territory_id = t.id
        UNION ALL
        SELECT c.territory_id, tuyen_at_least(p_point, here, c.wx, c.wy, c.wx, c.wy) FROM account_cell_change c
         WHERE c.org_id = p_org AND c.n > 0 AND c.territory_id = ANY (p_territories)) e
       GROUP BY e.id) b;
  END IF;
  IF bounds[3] = 0 THEN
    SELECT array_agg(n.account_id), max(n.mark) INTO ids, reach FROM (
      SELECT n.account_id, n.mark FROM (
        SELECT m.account_id, m.territory_id, point(m.wx, m.wy) <-> here AS mark FROM account_map m
         WHERE m.org_id = p_org ORDER BY point(m.wx, m.wy) <-> here LIMIT 4 * more) n
       WHERE n.territory_id = ANY (p_territories) LIMIT more) n;
    IF cardinality(ids) = more AND reach * cell_m < 30000 THEN
      held := '{}';
    ELSE
      ids := '{}';
    END IF;
  END IF;
  FOR number IN 1 .. coalesce(cardinality(held), 0) LOOP
    EXIT WHEN bounds[number] > ways[p_limit];
    SELECT array_agg(m.account_id), array_agg(m.mark) INTO its, marks FROM (
      SELECT m.account_id, point(m.wx, m.wy) <-> here AS mark FROM account_map m
       WHERE m.org_id = p_org AND m.territory_id = held[number]
       ORDER BY point(m.wx, m.wy) <-> here LIMIT more) m;
    CONTINUE WHEN its IS NULL;
    scale := cell_m;
    IF marks[1] > 1000 THEN
      SELECT ST_Distance(s.location::geography, p_point::geography) / marks[1] INTO scale
        FROM account_search s WHERE s.org_id = p_org AND s.account_id = its[1];
    END IF;
    SELECT array_agg(w.id), array_agg(w.way) INTO ids, ways FROM (
      SELECT w.id, w.way FROM (
        SELECT u.id, u.way FROM unnest(ids, ways) u (id, way)
        UNION ALL
        SELECT u.id, u.mark * scale FROM unnest(its, marks) u (id, mark)) w
       ORDER BY w.way LIMIT more) w;
  END LOOP;
  RETURN QUERY
    SELECT s.account_id, ST_Distance(s.location::geography, p_point::geography) AS d
      FROM unnest(ids) u (id) JOIN account_search s ON s.org_id = p_org AND s.account_id = u.id
     ORDER BY d, s.account_id LIMIT p_limit;
END $$;

-- The newest change of the accounts of some territories and of a person's own, or of all, and the transactions older
-- than it that still run: what they commit later carries an older number, yet must make a new version. Of changes that
-- were purged since it tells up to where. One look-up a territory, by a plan that a session keeps.
CREATE FUNCTION account_version(p_org uuid, p_territories uuid[], p_user uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  buckets text[];
  newest xid8;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN NULL;
  END IF;
  IF p_territories IS NULL THEN
    SELECT array_agg('t:' || t.id) || 't:none'::text INTO buckets FROM territory t WHERE t.org_id = p_org;
  ELSE
    SELECT array_agg('t:' || t.id) || ('u:' || p_user) INTO buckets FROM unnest(p_territories) t (id);
  END IF;
  SELECT s.xid INTO newest FROM unnest(buckets) b (name), LATERAL (
    SELECT r.xid FROM sync_row r WHERE r.org_id = p_org AND r.bucket = b.name ORDER BY r.xid DESC LIMIT 1) s
   ORDER BY s.xid DESC LIMIT 1;
  RETURN concat(newest, '|', (SELECT e.purged_before FROM sync_epoch e), '|',
    (SELECT string_agg(x::text, ' ' ORDER BY x) FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE x < newest));
END $$;
REVOKE EXECUTE ON FUNCTION account_version(uuid, uuid[], uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_version(uuid, uuid[], uuid) TO tuyen_app;
