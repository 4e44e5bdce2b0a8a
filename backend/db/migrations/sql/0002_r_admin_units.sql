-- Administrative units with the days on which they held: outlines are what somebody brought in, so each
-- organisation has its own. `valid_to` is the first day on which a unit no longer holds.
CREATE TABLE admin_unit (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  name_folded text GENERATED ALWAYS AS (tuyen_fold(name)) STORED,
  kind text,
  -- As OpenStreetMap counts: 2 a country, 4 a province, 6 a ward or a former district, 8 a former ward.
  level smallint NOT NULL CONSTRAINT admin_unit_level_sane CHECK (level BETWEEN 1 AND 12),
  parent_id uuid,
  area geometry(MultiPolygon, 4326),
  centroid geometry(Point, 4326),
  area_km2 double precision,
  valid_from date NOT NULL,
  valid_to date,
  source text NOT NULL CHECK (source <> ''),
  licence text,
  vintage text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, parent_id) REFERENCES admin_unit (org_id, id),
  CONSTRAINT admin_unit_code_unique UNIQUE (org_id, code, level, valid_from),
  CONSTRAINT admin_unit_dates_ordered CHECK (valid_to > valid_from)
);
CREATE INDEX admin_unit_by_name ON admin_unit (org_id, name_folded, id);
CREATE INDEX admin_unit_below ON admin_unit (org_id, parent_id);
CREATE TRIGGER admin_unit_bump BEFORE UPDATE ON admin_unit FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- What became of a unit: `share` of its ground went to the other, NULL when nobody said.
CREATE TABLE admin_unit_change (
  org_id uuid NOT NULL,
  old_id uuid NOT NULL,
  new_id uuid NOT NULL,
  changed_on date NOT NULL,
  share double precision CONSTRAINT admin_unit_change_share_sane CHECK (share > 0 AND share <= 1),
  source text NOT NULL CHECK (source <> ''),
  PRIMARY KEY (org_id, old_id, new_id),
  FOREIGN KEY (org_id, old_id) REFERENCES admin_unit (org_id, id),
  FOREIGN KEY (org_id, new_id) REFERENCES admin_unit (org_id, id),
  CONSTRAINT admin_unit_change_of_two CHECK (old_id <> new_id)
);
CREATE INDEX admin_unit_change_by_new ON admin_unit_change (org_id, new_id);
