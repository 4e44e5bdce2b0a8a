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
  PRIMARY KEY (org_id, realignment_id, account_id)
);

-- An assignment may end on the day it began: it held for a part of that day, and facts of it count.
ALTER TABLE territory_assignment
  DROP CONSTRAINT assignment_dates_ordered,
  ADD CONSTRAINT assignment_dates_ordered CHECK (valid_to IS NULL OR valid_to >= valid_from);

-- The accounts that a plan moves, each with where it is and where it goes (by its location when `p_to`
-- is NULL); with `p_lock` kept from other writers, in the order of their ids. The planner cannot use the
-- spatial index under row-level security, so this reads as the owner and checks the organisation itself.
CREATE FUNCTION realignment_moves(p_org uuid, p_area geometry, p_ids uuid[], p_rule jsonb, p_to uuid, p_lock boolean)
RETURNS TABLE (account_id uuid, from_territory_id uuid, from_is_manual boolean, to_territory_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  conditions text := '';
  field text;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
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
    || ' FROM account a WHERE a.org_id = $1 AND a.deleted_at IS NULL' || conditions
    || CASE WHEN p_lock THEN ' ORDER BY a.id FOR NO KEY UPDATE OF a' ELSE '' END
    USING p_org, p_area, p_ids, p_rule, p_to;
END $$;

-- Whether a person has work to finish at an account: a visit planned or begun, from a week ago on.
CREATE FUNCTION visit_is_open(p_status text, p_planned_on date, p_today date) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT p_status IN ('planned', 'checked_in') AND p_planned_on >= p_today - 7 $$;

REVOKE EXECUTE ON FUNCTION realignment_moves(uuid, geometry, uuid[], jsonb, uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION realignment_moves(uuid, geometry, uuid[], jsonb, uuid, boolean) TO tuyen_app;
