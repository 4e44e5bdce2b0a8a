-- Cubes are counted in memory (ADR 0020): what is there was read in one snapshot, and whose rows changed since
-- stands here. A row is an account that changed, or all of them (NULL), and the transaction that changed it.
CREATE TABLE cube_change (
  org_id uuid NOT NULL,
  account_id uuid,
  xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cube_change_recent ON cube_change (org_id, xid);
-- Of transactions below this one, what changed is told no more.
CREATE TABLE cube_horizon (
  org_id uuid NOT NULL REFERENCES organisation (id),
  xid bigint NOT NULL,
  PRIMARY KEY (org_id)
);
-- The H3 cell (resolution 9) of a place: of another place than the account's it says nothing.
CREATE TABLE account_hexagon (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  lon double precision NOT NULL,
  lat double precision NOT NULL,
  cell bigint NOT NULL,
  PRIMARY KEY (org_id, account_id)
);

-- Beyond so many accounts in one statement all of them are read again.
CREATE FUNCTION cube_most_changed() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 5000 $$;

CREATE FUNCTION cube_follow_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO cube_change (org_id, account_id)
    SELECT DISTINCT e.org_id, CASE WHEN count(*) OVER (PARTITION BY e.org_id) <= cube_most_changed() THEN e.id END
      FROM (
        SELECT n.org_id, n.id, n.deleted_at IS NULL, n.territory_id, n.owner_id, n.life_stage, n.category, n.channel,
               n.priority, n.visit_every_days, n.last_visit_at, ST_X(n.location), ST_Y(n.location) FROM changed n
        EXCEPT
        SELECT o.org_id, o.id, o.deleted_at IS NULL, o.territory_id, o.owner_id, o.life_stage, o.category, o.channel,
               o.priority, o.visit_every_days, o.last_visit_at, ST_X(o.location), ST_Y(o.location) FROM was o) e;
  ELSE
    INSERT INTO cube_change (org_id, account_id)
    SELECT DISTINCT c.org_id, CASE WHEN count(*) OVER (PARTITION BY c.org_id) <= cube_most_changed() THEN c.id END
      FROM changed c;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cube_insert AFTER INSERT ON account REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION cube_follow_account();
CREATE TRIGGER cube_update AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION cube_follow_account();
CREATE TRIGGER cube_delete AFTER DELETE ON account REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION cube_follow_account();

CREATE FUNCTION cube_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO cube_change (org_id, account_id)
    SELECT DISTINCT e.org_id,
           CASE WHEN count(*) OVER (PARTITION BY e.org_id) <= cube_most_changed() THEN e.account_id END
      FROM (SELECT org_id, account_id FROM changed UNION SELECT org_id, account_id FROM was) e;
  ELSE
    INSERT INTO cube_change (org_id, account_id)
    SELECT DISTINCT e.org_id,
           CASE WHEN count(*) OVER (PARTITION BY e.org_id) <= cube_most_changed() THEN e.account_id END
      FROM (SELECT DISTINCT org_id, account_id FROM changed) e;
  END IF;
  RETURN NULL;
END $$;

-- Only visits that are done, or were, are counted.
CREATE FUNCTION cube_follow_visit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO cube_change (org_id, account_id)
    SELECT DISTINCT e.org_id,
           CASE WHEN count(*) OVER (PARTITION BY e.org_id) <= cube_most_changed() THEN e.account_id END
      FROM (SELECT org_id, account_id FROM changed WHERE status = 'done'
            UNION SELECT org_id, account_id FROM was WHERE status = 'done') e;
  ELSE
    INSERT INTO cube_change (org_id, account_id)
    SELECT DISTINCT e.org_id,
           CASE WHEN count(*) OVER (PARTITION BY e.org_id) <= cube_most_changed() THEN e.account_id END
      FROM (SELECT DISTINCT org_id, account_id FROM changed WHERE status = 'done') e;
  END IF;
  RETURN NULL;
END $$;

DO $$
DECLARE
  tbl text;
  follow text;
BEGIN
  FOREACH tbl IN ARRAY ARRAY['visit', 'sale', 'account_potential', 'account_value'] LOOP
    follow := CASE WHEN tbl = 'visit' THEN 'cube_follow_visit' ELSE 'cube_follow' END;
    EXECUTE format('CREATE TRIGGER cube_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', tbl, follow);
    EXECUTE format('CREATE TRIGGER cube_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS was NEW TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', tbl, follow);
    EXECUTE format('CREATE TRIGGER cube_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', tbl, follow);
  END LOOP;
END $$;
