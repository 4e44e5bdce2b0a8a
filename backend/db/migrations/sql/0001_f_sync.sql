-- One row per (bucket, record): who may see what, and which transaction last changed it.
CREATE TABLE sync_row (
  org_id uuid NOT NULL,
  bucket text NOT NULL,
  tbl text NOT NULL,
  id uuid NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  first_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  removed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (org_id, bucket, tbl, id)
) WITH (fillfactor = 80);
CREATE INDEX sync_row_changes ON sync_row (org_id, bucket, xid);
CREATE INDEX sync_row_record ON sync_row (org_id, tbl, id);

-- Which buckets each record belongs in. Children follow their account.
CREATE VIEW sync_wanted_account AS
  SELECT org_id, id, 't:' || coalesce(territory_id::text, 'none') AS bucket FROM account WHERE deleted_at IS NULL
  UNION ALL
  SELECT org_id, id, 'u:' || owner_id FROM account
   WHERE deleted_at IS NULL AND territory_id IS NULL AND owner_id IS NOT NULL;
CREATE VIEW sync_wanted_territory AS
  SELECT org_id, id, 't:' || id AS bucket FROM territory WHERE deleted_at IS NULL;
CREATE VIEW sync_wanted_route AS
  SELECT org_id, id, 'u:' || rep_id AS bucket FROM route WHERE deleted_at IS NULL AND status = 'planned';
CREATE VIEW sync_wanted_contact AS
  SELECT c.org_id, c.id, w.bucket FROM contact c
    JOIN sync_wanted_account w ON w.org_id = c.org_id AND w.id = c.account_id WHERE c.deleted_at IS NULL;
CREATE VIEW sync_wanted_visit AS
  SELECT v.org_id, v.id, w.bucket FROM visit v
    JOIN sync_wanted_account w ON w.org_id = v.org_id AND w.id = v.account_id WHERE v.deleted_at IS NULL;
CREATE VIEW sync_wanted_check_in AS
  SELECT c.org_id, c.id, w.bucket FROM check_in c
    JOIN sync_wanted_account w ON w.org_id = c.org_id AND w.id = c.account_id;
CREATE VIEW sync_wanted_note AS
  SELECT n.org_id, n.id, w.bucket FROM note n
    JOIN sync_wanted_account w ON w.org_id = n.org_id AND w.id = n.account_id;
CREATE VIEW sync_wanted_media AS
  SELECT m.org_id, m.id, w.bucket FROM media m
    JOIN sync_wanted_account w ON w.org_id = m.org_id AND w.id = m.account_id;

-- Bring sync_row in line with the view for these records, in the data's own transaction.
-- An import touches tens of thousands of records in one statement, before anything is known of the
-- tables' sizes: a NOT EXISTS then becomes a loop within a loop. NOT IN is answered by one hash
-- (no id and no bucket is ever NULL).
CREATE FUNCTION sync_touch(p_tbl text, p_org uuid, p_ids uuid[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_ids IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format(
    'INSERT INTO sync_row (org_id, bucket, tbl, id)
     SELECT w.org_id, w.bucket, %1$L, w.id FROM %2$I w
      WHERE w.org_id = $1 AND w.id = ANY ($2) ORDER BY w.id, w.bucket
     ON CONFLICT (org_id, bucket, tbl, id) DO UPDATE SET xid = pg_current_xact_id(), removed = false',
    p_tbl, 'sync_wanted_' || p_tbl) USING p_org, p_ids;
  EXECUTE format(
    'UPDATE sync_row s SET xid = pg_current_xact_id(), removed = true
      WHERE s.org_id = $1 AND s.tbl = %1$L AND s.id = ANY ($2) AND NOT s.removed
        AND (s.id, s.bucket) NOT IN (
            SELECT w.id, w.bucket FROM %2$I w WHERE w.org_id = $1 AND w.id = ANY ($2))',
    p_tbl, 'sync_wanted_' || p_tbl) USING p_org, p_ids;
END $$;

CREATE FUNCTION sync_track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT org_id, array_agg(id ORDER BY id) AS ids FROM changed GROUP BY org_id LOOP
    PERFORM sync_touch(TG_TABLE_NAME, one.org_id, one.ids);
  END LOOP;
  RETURN NULL;
END $$;

-- A child is put where its account is. The account is locked first: else a move of the account
-- that runs at the same time would neither see the child nor be seen by it.
CREATE FUNCTION sync_track_child() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
BEGIN
  PERFORM 1 FROM account a WHERE (a.org_id, a.id) IN (SELECT org_id, account_id FROM changed)
    ORDER BY a.org_id, a.id FOR SHARE;
  FOR one IN SELECT org_id, array_agg(id ORDER BY id) AS ids FROM changed GROUP BY org_id LOOP
    PERFORM sync_touch(TG_TABLE_NAME, one.org_id, one.ids);
  END LOOP;
  RETURN NULL;
END $$;

-- An account that changes its buckets takes its children along.
CREATE FUNCTION sync_track_account_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
  child text;
  children uuid[];
BEGIN
  FOR one IN
    SELECT c.org_id, array_agg(c.id ORDER BY c.id) AS ids,
           array_agg(c.id ORDER BY c.id) FILTER (
             WHERE (c.territory_id, c.owner_id, c.deleted_at) IS DISTINCT FROM (b.territory_id, b.owner_id, b.deleted_at)) AS moved
      FROM changed c JOIN was b ON b.org_id = c.org_id AND b.id = c.id GROUP BY c.org_id
  LOOP
    PERFORM sync_touch('account', one.org_id, one.ids);
    IF one.moved IS NOT NULL THEN
      FOREACH child IN ARRAY ARRAY['contact', 'visit', 'check_in', 'note', 'media'] LOOP
        EXECUTE format('SELECT array_agg(id ORDER BY id) FROM %I WHERE org_id = $1 AND account_id = ANY ($2)', child)
          INTO children USING one.org_id, one.moved;
        PERFORM sync_touch(child, one.org_id, children);
      END LOOP;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

DO $$
DECLARE
  tbl text;
  tracker text;
BEGIN
  FOREACH tbl IN ARRAY ARRAY['territory', 'route', 'account', 'contact', 'visit', 'check_in', 'note', 'media'] LOOP
    tracker := CASE WHEN tbl IN ('territory', 'route', 'account') THEN 'sync_track' ELSE 'sync_track_child' END;
    EXECUTE format('CREATE TRIGGER sync_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION %s()', tbl, tracker);
    IF tbl = 'account' THEN
      CREATE TRIGGER sync_update AFTER UPDATE ON account REFERENCING OLD TABLE AS was NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION sync_track_account_update();
    ELSE
      EXECUTE format('CREATE TRIGGER sync_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed
                      FOR EACH STATEMENT EXECUTE FUNCTION %s()', tbl, tracker);
    END IF;
    EXECUTE format('CREATE TRIGGER sync_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION sync_track()', tbl);
  END LOOP;
END $$;

-- A restored database gets a new epoch, so that cursors from its other life are refused.
CREATE TABLE sync_epoch (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), epoch uuid NOT NULL);
INSERT INTO sync_epoch (epoch) VALUES (gen_random_uuid());

-- What became of each mutation, stored with its effect in one transaction.
CREATE TABLE sync_mutation (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  device_id uuid NOT NULL,
  user_id uuid NOT NULL,
  body_hash bytea NOT NULL,
  op text NOT NULL,
  tbl text NOT NULL,
  rid uuid NOT NULL,
  result jsonb NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX sync_mutation_acks ON sync_mutation (org_id, device_id, xid);
CREATE INDEX sync_mutation_record ON sync_mutation (org_id, rid);

-- The values that lost a conflict: kept, shown, and usable again with one tap.
CREATE TABLE sync_issue (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  mutation_id uuid NOT NULL,
  user_id uuid NOT NULL,
  device_id uuid NOT NULL,
  tbl text NOT NULL,
  rid uuid NOT NULL,
  code text NOT NULL,
  mine jsonb NOT NULL,
  theirs jsonb NOT NULL,
  base jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  resolution text,
  PRIMARY KEY (org_id, id)
);

-- A mutation that made the server fail: counted, and set aside the third time.
CREATE TABLE sync_quarantine (
  org_id uuid NOT NULL,
  mutation_id uuid NOT NULL,
  user_id uuid NOT NULL,
  device_id uuid NOT NULL,
  attempts int NOT NULL DEFAULT 1,
  body jsonb NOT NULL,
  error text NOT NULL,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, mutation_id)
);
