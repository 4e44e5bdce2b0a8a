"""The statements of a check of pins: what parts read and keep."""

PART = """
SELECT a.id, ST_X(a.location) AS lon, ST_Y(a.location) AS lat,
       tuyen_fold(a.address) AS address
  FROM account a
 WHERE a.org_id = :org_id AND a.deleted_at IS NULL AND a.location IS NOT NULL
   AND (cast(:after AS uuid) IS NULL OR a.id > :after)
 ORDER BY a.id LIMIT :limit
"""

# The majority of what was seen decides here already, so that few accounts come to the rules.
VISITED = """
WITH usable AS (
  SELECT c.account_id, c.rep_id, c.corrected_at, c.location, c.accuracy_m,
         row_number() OVER (PARTITION BY c.account_id ORDER BY c.corrected_at DESC, c.id) AS nth
    FROM check_in c
    JOIN visit v ON v.org_id = :org_id AND v.id = c.visit_id AND v.deleted_at IS NULL
     AND v.status IN ('done', 'checked_in')
   WHERE c.org_id = :org_id AND c.account_id > :after AND c.account_id <= :last
     AND c.location IS NOT NULL AND NOT c.is_mock AND c.voids IS NULL
     AND c.accuracy_m > 0 AND c.accuracy_m <= :most_accuracy_m
     AND c.corrected_at > now() - make_interval(days => :within_days)
     AND NOT EXISTS (SELECT FROM check_in o
                      WHERE o.org_id = :org_id AND o.visit_id = c.visit_id AND o.voids = c.id)),
latest AS (SELECT * FROM usable WHERE nth <= :latest),
suspect AS (
  SELECT l.account_id FROM latest l JOIN account a ON a.org_id = :org_id AND a.id = l.account_id
   WHERE a.deleted_at IS NULL AND a.location IS NOT NULL
   GROUP BY l.account_id
  HAVING count(*) >= :least AND count(*) FILTER (WHERE
    ST_DistanceSphere(l.location, a.location) > :beyond_m + l.accuracy_m) > 0)
SELECT l.account_id, l.rep_id, (l.corrected_at AT TIME ZONE o.time_zone)::date AS on_date,
       l.corrected_at, ST_X(l.location) AS lon, ST_Y(l.location) AS lat,
       l.accuracy_m::float8 AS accuracy_m
  FROM latest l JOIN suspect s USING (account_id) JOIN organisation o ON o.id = :org_id
 ORDER BY l.account_id, l.corrected_at DESC, l.rep_id
"""

# A cell of the finest level is smaller than 2.4 m. Sorted by its key, spots are counted in passing.
CROWDS = """
WITH spot AS (
  SELECT qk FROM account_map WHERE org_id = :org_id GROUP BY qk HAVING count(*) >= :crowd),
there AS (
  SELECT m.qk, a.id, a.location, a.location_source, tuyen_fold(btrim(a.address)) AS address
    FROM spot s JOIN account_map m ON m.org_id = :org_id AND m.qk = s.qk
    JOIN account a ON a.org_id = :org_id AND a.id = m.account_id),
told AS (
  SELECT qk, count(*)::int AS accounts, count(DISTINCT nullif(address, ''))::int AS addresses,
         (count(*) FILTER (WHERE location_source = 'geocoded'))::int AS geocoded
    FROM there GROUP BY qk HAVING count(DISTINCT nullif(address, '')) >= :crowd)
SELECT t.id, ST_X(t.location) AS lon, ST_Y(t.location) AS lat, o.accounts, o.addresses, o.geocoded
  FROM told o JOIN there t USING (qk) ORDER BY t.id
"""

DOUBT_TYPES = {
    "id": "uuid", "account_id": "uuid", "reason": "text", "lon": "float8", "lat": "float8",
    "to_lon": "float8", "to_lat": "float8", "radius_m": "float8", "distance_m": "float8",
    "evidence": "jsonb", "weight": "int", "basis": "text", "returns_at": "int",
}  # fmt: skip
_POINT = "ST_SetSRID(ST_MakePoint(u.lon, u.lat), 4326)"

# What somebody answered about the same place stays answered until more speaks against it. An
# account that moved since it was read is left to the next check.
KEEP = f"""
INSERT INTO pin_doubt AS d (org_id, id, account_id, reason, location, suggested, radius_m,
    distance_m, evidence, weight, basis, returns_at)
SELECT %(org)s::uuid, u.id, u.account_id, u.reason, a.location,
       ST_SetSRID(ST_MakePoint(u.to_lon, u.to_lat), 4326), u.radius_m, u.distance_m, u.evidence,
       u.weight, u.basis, u.returns_at
  FROM {{rows}}
  JOIN account a ON a.org_id = %(org)s AND a.id = u.account_id AND a.deleted_at IS NULL
   AND ST_Equals(a.location, {_POINT})
 WHERE NOT EXISTS (SELECT FROM pin_doubt s
    WHERE s.org_id = %(org)s AND s.account_id = u.account_id AND s.reason = u.reason
      AND s.state = 'settled' AND ST_Equals(s.answered_location, a.location)
      AND s.basis = u.basis AND u.weight < s.returns_at)
ON CONFLICT (org_id, account_id, reason) WHERE state = 'open' DO UPDATE
   SET location = excluded.location, suggested = excluded.suggested,
       radius_m = excluded.radius_m, distance_m = excluded.distance_m,
       evidence = excluded.evidence, weight = excluded.weight, basis = excluded.basis,
       returns_at = excluded.returns_at
 WHERE (d.evidence, d.distance_m, d.weight, d.basis)
       IS DISTINCT FROM (excluded.evidence, excluded.distance_m, excluded.weight, excluded.basis)
    OR NOT ST_Equals(d.location, excluded.location)
"""  # noqa: S608  # constants only

LET_GO = """
UPDATE pin_doubt SET state = 'gone'
 WHERE org_id = :org_id AND state = 'open' AND reason = ANY (:reasons)
   AND (cast(:after AS uuid) IS NULL OR account_id > :after)
   AND (cast(:last AS uuid) IS NULL OR account_id <= :last)
   AND NOT (account_id::text || reason = ANY (:found))
"""

# Names are alike in a cell of 256 units of the finest level (305 m at 60 degrees, twice that at the
# equator) in one of four grids that lie half a cell apart: two accounts within 150 m share one of
# them up to 60 degrees. A word that many names there have tells nothing, so no cell is compared
# each with each; one part takes the words of one hash.
ALIKE = """
WITH split AS (
  SELECT s.account_id, s.name_folded, s.location, m.wx, m.wy,
         string_to_table(CASE WHEN strpos(s.name_folded, ' ') > 0
           THEN s.name_folded || ' ' || replace(s.name_folded, ' ', '_')
           ELSE s.name_folded END, ' ') AS word
    FROM account_search s
    JOIN account_map m ON m.org_id = :org_id AND m.account_id = s.account_id
   WHERE s.org_id = :org_id),
word AS (
  SELECT p.account_id, p.name_folded, p.location, p.wx, p.wy,
         hashtextextended(p.word, 0) AS word,
         regexp_replace(p.name_folded, '[^0-9]+', ' ', 'g') AS digits
    FROM split p
   WHERE length(p.word) >= 3 AND (hashtext(p.word) & 2147483647) % :parts = :part),
placed AS (
  SELECT w.*, (g.grid::bigint << 56) | (((w.wx + g.dx) >> 8)::bigint << 28)
              | ((w.wy + g.dy) >> 8)::bigint AS cell
    FROM word w CROSS JOIN (VALUES (0, 0, 0), (1, 0, 128), (2, 128, 0), (3, 128, 128))
      g (grid, dx, dy)),
rare AS MATERIALIZED (
  SELECT * FROM (SELECT p.*, count(*) OVER (PARTITION BY p.word, p.cell) AS n FROM placed p) c
   WHERE n BETWEEN 2 AND :most),
-- What costs least is asked first: OFFSET 0 keeps the order.
close AS (
  SELECT a.account_id, b.account_id AS other_id, a.name_folded AS name, b.name_folded AS other_name,
         a.location, b.location AS other_location
    FROM rare a JOIN rare b USING (word, cell, digits)
   WHERE a.account_id > b.account_id AND abs(a.wx - b.wx) <= 128 AND abs(a.wy - b.wy) <= 128
  OFFSET 0),
alike AS (
  SELECT * FROM close WHERE similarity(name, other_name) >= :alike OFFSET 0)
SELECT DISTINCT account_id, other_id,
       CASE WHEN name = other_name THEN 'same_name_near' ELSE 'similar_name_near' END AS reason
  FROM alike WHERE ST_DistanceSphere(location, other_location) <= :near_m
"""

SAME_PHONE = """
WITH called AS (
  SELECT array_agg(s.account_id ORDER BY s.account_id) AS ids FROM account_search s
   WHERE s.org_id = :org_id AND s.phone IS NOT NULL
   GROUP BY s.phone HAVING count(*) BETWEEN 2 AND :most_called)
SELECT a.id AS account_id, b.id AS other_id, 'same_phone' AS reason
  FROM called c CROSS JOIN LATERAL unnest(c.ids) a (id) CROSS JOIN LATERAL unnest(c.ids) b (id)
 WHERE a.id > b.id
"""

KEEP_PAIRS = """
INSERT INTO account_duplicate (org_id, account_id, other_id, reason)
SELECT :org_id, f.account_id, f.other_id, f.reason FROM ({found}) f
 WHERE NOT EXISTS (SELECT FROM account_duplicate o WHERE o.org_id = :org_id
                     AND o.account_id = f.other_id AND o.other_id = f.account_id)
ON CONFLICT DO NOTHING
"""
