-- Visits that a person put on a day: plans keep them there, and make them what they were asked for.
ALTER TABLE visit
  ADD COLUMN is_by_hand boolean NOT NULL DEFAULT false,
  ADD COLUMN asked_kind text
    CHECK (asked_kind IN ('routine', 'first', 'order', 'delivery', 'service'));

-- What a visit is for where nobody says it: the first one of a prospect, else routine.
CREATE FUNCTION tuyen_usual_kind(p_life_stage text, p_last_visit_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN p_life_stage = 'prospect' AND p_last_visit_at IS NULL THEN 'first'
              ELSE 'routine' END
$$;

-- How long visits of a kind take, by a planner's word or as learned; NULL where nobody knows.
CREATE FUNCTION tuyen_kind_minutes(p_org uuid, p_kind text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT coalesce(l.fixed_value, l.value) FROM learned_value l
   WHERE l.org_id = p_org AND l.subject = 'kind' AND l.key = p_kind
$$;
