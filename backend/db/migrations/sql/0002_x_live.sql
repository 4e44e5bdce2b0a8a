-- Who looked at whose position or track, of which day: the person reads it. It only grows; looks within some
-- minutes of one another are one row.
CREATE TABLE track_look (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  person_id uuid NOT NULL,
  looked_by uuid NOT NULL,
  on_date date NOT NULL,
  what text NOT NULL CHECK (what IN ('position', 'track')),
  looked_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, person_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, looked_by) REFERENCES app_user (org_id, id),
  CONSTRAINT track_look_of_another CHECK (person_id <> looked_by)
);
CREATE INDEX track_look_of_person ON track_look (org_id, person_id, looked_at DESC, id DESC);

-- The application may not delete looks; what is older than a year goes by this alone.
CREATE FUNCTION track_look_forget(p_now timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  DELETE FROM track_look WHERE looked_at < p_now - interval '365 days' AND org_id = tuyen_org()
$$;
REVOKE EXECUTE ON FUNCTION track_look_forget(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION track_look_forget(timestamptz) TO tuyen_app;

-- When people work, as opening hours are written: of one person, or of all who have none of their own.
CREATE TABLE working_hours (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  rep_id uuid,
  hours text NOT NULL CHECK (hours <> ''),
  changed_by uuid NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, changed_by) REFERENCES app_user (org_id, id),
  CONSTRAINT working_hours_once UNIQUE NULLS NOT DISTINCT (org_id, rep_id)
);
CREATE TRIGGER working_hours_bump BEFORE UPDATE ON working_hours FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- A trace is no record that phones hold: only who sees every territory hears of it.
CREATE FUNCTION trace_poke() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tuyen_poke', NEW.org_id || ' t:trace');
  RETURN NULL;
END $$;
CREATE TRIGGER trace_poke AFTER UPDATE OF fixes ON trace FOR EACH ROW EXECUTE FUNCTION trace_poke();
