-- What a territory was, and from when until when: borders, name and place in the hierarchy, so that any moment can
-- be looked at again. Whatever changes a territory, the trigger keeps it; who held it is told by its assignments.
CREATE TABLE territory_version (
  org_id uuid NOT NULL,
  territory_id uuid NOT NULL,
  since timestamptz NOT NULL,
  -- The moment from which it no longer held; NULL holds today.
  until timestamptz,
  parent_id uuid,
  name text NOT NULL,
  code text,
  color text NOT NULL,
  area geometry(MultiPolygon, 4326),
  PRIMARY KEY (org_id, territory_id, since),
  FOREIGN KEY (org_id, territory_id) REFERENCES territory (org_id, id),
  CONSTRAINT territory_version_times_ordered CHECK (until > since)
);
CREATE INDEX territory_version_moments ON territory_version (org_id, since DESC);
CREATE UNIQUE INDEX territory_version_one_today ON territory_version (org_id, territory_id) WHERE until IS NULL;

-- At the end of the transaction, when its accounts are moved, too: all that it changed has one moment, and what it
-- changed twice never was in between.
CREATE FUNCTION territory_keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  today territory%ROWTYPE;
  latest territory_version%ROWTYPE;
  moment timestamptz := nullif(current_setting('tuyen.territory_moment', true), '')::timestamptz;
BEGIN
  IF moment IS NULL THEN
    moment := clock_timestamp();
    PERFORM set_config('tuyen.territory_moment', moment::text, true);
  END IF;
  SELECT * INTO today FROM territory t WHERE t.org_id = NEW.org_id AND t.id = NEW.id;
  SELECT * INTO latest FROM territory_version v
   WHERE v.org_id = NEW.org_id AND v.territory_id = NEW.id ORDER BY v.since DESC LIMIT 1;
  IF latest.since = moment THEN
    RETURN NULL;
  END IF;
  -- A clock may be set back; what came first stays first.
  moment := greatest(moment, coalesce(latest.until, latest.since + interval '1 microsecond'));
  IF latest.since IS NOT NULL AND latest.until IS NULL THEN
    IF today.deleted_at IS NULL AND (today.parent_id, today.name, today.code, today.color, today.area)
       IS NOT DISTINCT FROM (latest.parent_id, latest.name, latest.code, latest.color, latest.area) THEN
      RETURN NULL;
    END IF;
    UPDATE territory_version v SET until = moment
     WHERE v.org_id = NEW.org_id AND v.territory_id = NEW.id AND v.since = latest.since;
  END IF;
  IF today.deleted_at IS NULL THEN
    INSERT INTO territory_version (org_id, territory_id, since, parent_id, name, code, color, area)
    VALUES (today.org_id, today.id, moment, today.parent_id, today.name, today.code, today.color, today.area);
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER territory_version_keep AFTER INSERT OR UPDATE ON territory
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION territory_keep_version();

-- Of what there was before, only the last state is known.
INSERT INTO territory_version (org_id, territory_id, since, until, parent_id, name, code, color, area)
SELECT org_id, id, created_at, deleted_at, parent_id, name, code, color, area FROM territory
 WHERE deleted_at IS NULL OR deleted_at > created_at;
