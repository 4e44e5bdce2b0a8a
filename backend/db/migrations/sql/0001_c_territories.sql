CREATE TABLE territory (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  parent_id uuid,
  name text NOT NULL CHECK (name <> ''),
  code text,
  color text NOT NULL DEFAULT '#1f6f5c' CHECK (color ~ '^#[0-9a-f]{6}$'),
  area geometry(MultiPolygon, 4326),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, parent_id) REFERENCES territory (org_id, id),
  CONSTRAINT territory_not_its_own_parent CHECK (parent_id <> id),
  CONSTRAINT territory_area_valid CHECK (area IS NULL OR ST_IsValid(area))
);
CREATE UNIQUE INDEX territory_name_unique ON territory (org_id, name) WHERE deleted_at IS NULL;
CREATE INDEX territory_area ON territory USING gist (org_id, area);
CREATE TRIGGER territory_bump BEFORE UPDATE ON territory FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

CREATE TABLE territory_assignment (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  territory_id uuid NOT NULL,
  user_id uuid NOT NULL,
  valid_from date NOT NULL,
  -- The first day on which it no longer holds; NULL is open-ended.
  valid_to date,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, territory_id) REFERENCES territory (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id),
  CONSTRAINT assignment_dates_ordered CHECK (valid_to IS NULL OR valid_to > valid_from),
  CONSTRAINT assignment_no_overlap EXCLUDE USING gist (
    org_id WITH =, territory_id WITH =, user_id WITH =,
    daterange(valid_from, valid_to) WITH &&)
);
CREATE INDEX territory_assignment_by_user ON territory_assignment (org_id, user_id);

-- The smallest territory that covers the point: a child before its parent.
CREATE FUNCTION tuyen_territory_at(p_org uuid, p_point geometry)
RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT t.id FROM territory t
   WHERE t.org_id = p_org AND t.deleted_at IS NULL AND ST_Covers(t.area, p_point)
   ORDER BY ST_Area(t.area), t.id LIMIT 1 $$;

-- Placing an account and changing an area exclude each other, else one would not see the other.
CREATE FUNCTION tuyen_lock_areas(p_org uuid, p_exclusive boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_exclusive THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('tuyen_areas:' || p_org, 0));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('tuyen_areas:' || p_org, 0));
  END IF;
END $$;

-- The day it is for the organisation, wherever the server stands.
CREATE FUNCTION tuyen_today(p_org uuid) RETURNS date LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
  $$ SELECT (now() AT TIME ZONE o.time_zone)::date FROM organisation o WHERE o.id = p_org $$;

-- The territories that a person holds today, those below them included.
CREATE FUNCTION tuyen_territories_of(p_org uuid, p_user uuid)
RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH RECURSIVE held AS (
    SELECT t.id FROM territory_assignment a
      JOIN territory t ON t.org_id = a.org_id AND t.id = a.territory_id AND t.deleted_at IS NULL
     WHERE a.org_id = p_org AND a.user_id = p_user AND a.valid_from <= tuyen_today(p_org)
       AND (a.valid_to IS NULL OR a.valid_to > tuyen_today(p_org))
    UNION
    SELECT c.id FROM territory c JOIN held h ON c.org_id = p_org AND c.parent_id = h.id AND c.deleted_at IS NULL)
  SELECT id FROM held ORDER BY id $$;
