-- A move of accounts between territories, as one thing: planned, looked at, done, undone.
CREATE TABLE realignment (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  state text NOT NULL DEFAULT 'draft'
    CHECK (state IN ('draft', 'scheduled', 'applied', 'undone', 'cancelled')),
  -- What was asked: lasso, list or rule, and people to move; and what it came to.
  plan jsonb NOT NULL,
  counts jsonb NOT NULL DEFAULT '{}',
  effective_on date NOT NULL,
  hold_over_days int NOT NULL DEFAULT 0 CHECK (hold_over_days BETWEEN 0 AND 365),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- Assignments that people's moves ended and began, so that they can be undone.
  assignments jsonb NOT NULL DEFAULT '[]',
  applied_at timestamptz,
  applied_by uuid,
  undone_at timestamptz,
  undone_by uuid,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id)
);
CREATE INDEX realignment_due ON realignment (org_id, effective_on) WHERE state = 'scheduled';
CREATE TRIGGER realignment_bump BEFORE UPDATE ON realignment FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- What was moved from where, so that it can be undone. The accounts come from the table itself, locked.
CREATE TABLE realignment_move (
  org_id uuid NOT NULL,
  realignment_id uuid NOT NULL,
  account_id uuid NOT NULL,
  from_territory_id uuid,
  from_is_manual boolean NOT NULL,
  to_territory_id uuid,
  to_is_manual boolean NOT NULL,
  PRIMARY KEY (org_id, realignment_id, account_id)
);

-- The borders that a realignment draws anew, all of them or none, and what they were when it was planned.
-- `account_ids` go along by hand: they lie where another territory keeps its area.
CREATE TABLE realignment_area (
  org_id uuid NOT NULL,
  realignment_id uuid NOT NULL,
  territory_id uuid NOT NULL,
  former_area geometry(MultiPolygon, 4326),
  area geometry(MultiPolygon, 4326) NOT NULL CONSTRAINT realignment_area_valid CHECK (ST_IsValid(area)),
  account_ids uuid[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (org_id, realignment_id, territory_id),
  FOREIGN KEY (org_id, realignment_id) REFERENCES realignment (org_id, id),
  FOREIGN KEY (org_id, territory_id) REFERENCES territory (org_id, id)
);

-- An assignment may end on the day it began: it held for a part of that day, and facts of it count.
ALTER TABLE territory_assignment
  DROP CONSTRAINT assignment_dates_ordered,
  ADD CONSTRAINT assignment_dates_ordered CHECK (valid_to IS NULL OR valid_to >= valid_from);

-- The accounts that new borders move. Those of the territories themselves go where the borders say, by hand
-- where another area is smaller there; those put by hand that no border goes around stay. Others go by their
-- location, unless put by hand.
CREATE FUNCTION realignment_area_moves(p_org uuid, p_realignment uuid, p_lock boolean)
RETURNS TABLE (account_id uuid, from_territory_id uuid, from_is_manual boolean, to_territory_id uuid, to_is_manual boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE
    'WITH part AS MATERIALIZED (
       SELECT r.territory_id, r.area, r.account_ids FROM realignment_area r
        WHERE r.org_id = $1 AND r.realignment_id = $2),
     other AS MATERIALIZED (
       SELECT t.id, t.area FROM territory t
        WHERE t.org_id = $1 AND t.deleted_at IS NULL AND t.area IS NOT NULL
          AND t.id NOT IN (SELECT p.territory_id FROM part p)),
     inside AS MATERIALIZED (
       SELECT s.account_id, p.territory_id, ST_Area(p.area) AS size
         FROM part p CROSS JOIN LATERAL (
           SELECT x.account_id FROM account_search x
            WHERE x.org_id = $1 AND x.location IS NOT NULL AND ST_Covers(p.area, x.location)) s),
     wanted AS MATERIALIZED (
       SELECT DISTINCT ON (w.account_id) w.account_id, w.territory_id FROM (
         SELECT unnest(p.account_ids) AS account_id, p.territory_id, -1::float8 AS size FROM part p
         UNION ALL SELECT i.account_id, i.territory_id, i.size FROM inside i) w
        ORDER BY w.account_id, w.size, w.territory_id),
     beside AS MATERIALIZED (
       SELECT s.account_id, o.id AS territory_id, ST_Area(o.area) AS size
         FROM other o CROSS JOIN LATERAL (
           SELECT x.account_id FROM account_search x JOIN wanted w ON w.account_id = x.account_id
            WHERE x.org_id = $1 AND x.location IS NOT NULL AND ST_Covers(o.area, x.location)) s
        WHERE EXISTS (SELECT 1 FROM part p WHERE p.area && o.area OR p.account_ids <> ''{}'')),
     by_place AS MATERIALIZED (
       SELECT DISTINCT ON (b.account_id) b.account_id, b.territory_id FROM (
         SELECT * FROM inside UNION ALL SELECT * FROM beside) b
        ORDER BY b.account_id, b.size, b.territory_id),
     own AS MATERIALIZED (
       SELECT a.id FROM account a WHERE a.org_id = $1 AND a.deleted_at IS NULL
          AND a.territory_id IN (SELECT p.territory_id FROM part p)),
     move AS MATERIALIZED (
       SELECT o.id, w.territory_id, b.territory_id IS DISTINCT FROM w.territory_id AS is_manual
         FROM own o JOIN wanted w ON w.account_id = o.id LEFT JOIN by_place b ON b.account_id = o.id
       UNION ALL
       SELECT a.id, (SELECT t.id FROM other t WHERE ST_Covers(t.area, a.location)
                      ORDER BY ST_Area(t.area), t.id LIMIT 1), false
         FROM own o JOIN account a ON a.org_id = $1 AND a.id = o.id AND NOT a.territory_is_manual
        WHERE NOT EXISTS (SELECT 1 FROM wanted w WHERE w.account_id = o.id)
       UNION ALL
       SELECT a.id, b.territory_id, false
         FROM by_place b JOIN account a ON a.org_id = $1 AND a.id = b.account_id AND NOT a.territory_is_manual
        WHERE NOT EXISTS (SELECT 1 FROM own o WHERE o.id = a.id))
     SELECT a.id, a.territory_id, a.territory_is_manual, m.territory_id, m.is_manual
       FROM move m JOIN account a ON a.org_id = $1 AND a.id = m.id
      WHERE a.deleted_at IS NULL AND a.territory_id IS DISTINCT FROM m.territory_id'
    || CASE WHEN p_lock THEN ' ORDER BY a.id FOR NO KEY UPDATE OF a' ELSE '' END
    USING p_org, p_realignment;
END $$;

-- The accounts that a plan moves, each with where it is and where it goes (by its location when `p_to`
-- is NULL); with `p_lock` kept from other writers, in the order of their ids. The planner cannot use the
-- spatial index under row-level security, so this reads as the owner and checks the organisation itself.
-- Where `p_realignment` is given, the borders that it draws say what moves.
CREATE FUNCTION realignment_moves(p_org uuid, p_area geometry, p_ids uuid[], p_rule jsonb, p_to uuid,
  p_realignment uuid, p_lock boolean)
RETURNS TABLE (account_id uuid, from_territory_id uuid, from_is_manual boolean, to_territory_id uuid, to_is_manual boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  conditions text := '';
  field text;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  IF p_realignment IS NOT NULL THEN
    RETURN QUERY SELECT * FROM realignment_area_moves(p_org, p_realignment, p_lock);
    RETURN;
  END IF;
  IF p_area IS NOT NULL THEN
    conditions := conditions || ' AND a.id IN (SELECT s.account_id FROM account_search s
      WHERE s.org_id = $1 AND s.location IS NOT NULL AND ST_Covers($2, s.location))';
  END IF;
  IF p_ids IS NOT NULL THEN
    conditions := conditions || ' AND a.id = ANY ($3)';
  END IF;
  FOREACH field IN ARRAY ARRAY['life_stage', 'category', 'channel'] LOOP
    IF p_rule ? field THEN
      conditions := conditions || format(' AND a.%I = $4 ->> %L', field, field);
    END IF;
  END LOOP;
  conditions := conditions
    || CASE WHEN p_rule ? 'tag' THEN ' AND a.tags @> ARRAY[$4 ->> ''tag'']' ELSE '' END
    || CASE WHEN p_rule ? 'priority' THEN ' AND a.priority = ($4 ->> ''priority'')::int' ELSE '' END
    || CASE WHEN p_rule ? 'from_territory_id' THEN ' AND a.territory_id = ($4 ->> ''from_territory_id'')::uuid' ELSE '' END
    || CASE WHEN p_rule ? 'is_unplaced' THEN ' AND (a.territory_id IS NULL) = ($4 ->> ''is_unplaced'')::boolean' ELSE '' END
    || CASE WHEN p_rule ? 'last_visit_before'
            THEN ' AND (a.last_visit_at IS NULL OR a.last_visit_at < (SELECT ($4 ->> ''last_visit_before'')::date::timestamp
                        AT TIME ZONE o.time_zone FROM organisation o WHERE o.id = $1))'
            ELSE '' END
    -- What is there already is not moved; by location goes what was put by hand.
    || CASE WHEN p_to IS NULL THEN ' AND a.territory_is_manual' ELSE ' AND a.territory_id IS DISTINCT FROM $5' END;
  RETURN QUERY EXECUTE
    'SELECT a.id, a.territory_id, a.territory_is_manual, '
    || CASE WHEN p_to IS NULL THEN 'tuyen_territory_at($1, a.location)' ELSE '$5' END
    || ', $5 IS NOT NULL FROM account a WHERE a.org_id = $1 AND a.deleted_at IS NULL' || conditions
    || CASE WHEN p_lock THEN ' ORDER BY a.id FOR NO KEY UPDATE OF a' ELSE '' END
    USING p_org, p_area, p_ids, p_rule, p_to;
END $$;

-- Whether a person has work to finish at an account: a visit planned or begun, from a week ago on.
CREATE FUNCTION visit_is_open(p_status text, p_planned_on date, p_today date) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT p_status IN ('planned', 'checked_in') AND p_planned_on >= p_today - 7 $$;

REVOKE EXECUTE ON FUNCTION realignment_moves(uuid, geometry, uuid[], jsonb, uuid, uuid, boolean),
  realignment_area_moves(uuid, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION realignment_moves(uuid, geometry, uuid[], jsonb, uuid, uuid, boolean),
  realignment_area_moves(uuid, uuid, boolean) TO tuyen_app;
