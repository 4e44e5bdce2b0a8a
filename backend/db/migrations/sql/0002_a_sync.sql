-- Buckets and tables are compared byte by byte, as devices order them, whatever language the cluster sorts by;
-- and a third as dearly.
ALTER TABLE sync_row ALTER COLUMN bucket TYPE text COLLATE "C", ALTER COLUMN tbl TYPE text COLLATE "C";
-- One index finds a record's buckets, another walks over what a bucket holds; what was removed leaves that one.
ALTER TABLE sync_row DROP CONSTRAINT sync_row_pkey, ADD CONSTRAINT sync_row_pkey PRIMARY KEY (org_id, id, tbl, bucket);
DROP INDEX sync_row_record;
CREATE INDEX sync_row_walk ON sync_row (org_id, bucket, tbl, id) WHERE NOT removed;

-- When a row last changed: tombstones are purged by it.
ALTER TABLE sync_row ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();

-- Tombstones of transactions below this one are purged: a cursor that had not seen all of them is expired.
ALTER TABLE sync_epoch ADD COLUMN purged_before xid8 NOT NULL DEFAULT '0';

-- As before for a few records of one table, and whoever listens hears which buckets changed: PostgreSQL
-- sends each message once a transaction, when it commits. Planning the statements above takes ten times
-- as long as carrying them out, so a session keeps one plan of each. It goes by the records' keys (OFFSET 0
-- keeps it so), however small the tables were when it was made.
CREATE FUNCTION sync_make_touch(p_tbl text, p_wanted text) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
  EXECUTE format($text$
    CREATE FUNCTION %2$I(p_org uuid, p_ids uuid[]) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
    DECLARE
      ids uuid[];
      buckets text[];
      gone_ids uuid[];
      gone_buckets text[];
    BEGIN
      SELECT array_agg(i.id ORDER BY i.id, w.bucket), array_agg(w.bucket ORDER BY i.id, w.bucket) INTO ids, buckets
        FROM unnest(p_ids) i (id), %3$s;
      INSERT INTO sync_row (org_id, bucket, tbl, id)
      SELECT p_org, w.bucket, %1$L, w.id FROM unnest(ids, buckets) w (id, bucket)
      ON CONFLICT (org_id, bucket, tbl, id) DO UPDATE
         SET xid = pg_current_xact_id(), removed = false, changed_at = now();
      SELECT array_agg(r.id), array_agg(r.bucket) INTO gone_ids, gone_buckets
        FROM unnest(p_ids) i (id), LATERAL (
          SELECT s.id, s.bucket FROM sync_row s
           WHERE s.org_id = p_org AND s.tbl = %1$L AND s.id = i.id AND NOT s.removed OFFSET 0) r
       WHERE (r.id, r.bucket) NOT IN (SELECT w.id, w.bucket FROM unnest(ids, buckets) w (id, bucket));
      IF gone_ids IS NOT NULL THEN
        UPDATE sync_row s SET xid = pg_current_xact_id(), removed = true, changed_at = now()
          FROM unnest(gone_ids, gone_buckets) g (id, bucket)
         WHERE s.org_id = p_org AND s.bucket = g.bucket AND s.tbl = %1$L AND s.id = g.id;
      END IF;
      PERFORM pg_notify('tuyen_poke', p_org || ' ' || b.bucket)
         FROM (SELECT DISTINCT bucket FROM unnest(buckets || gone_buckets) bucket) b;
    END $body$ $text$, p_tbl, 'sync_touch_' || p_tbl, p_wanted);
END $make$;
DO $$
DECLARE
  tbl text;
BEGIN
  FOREACH tbl IN ARRAY ARRAY['territory', 'route', 'account'] LOOP
    PERFORM sync_make_touch(tbl, format(
      'LATERAL (SELECT v.bucket FROM %I v WHERE v.org_id = p_org AND v.id = i.id OFFSET 0) w', 'sync_wanted_' || tbl));
  END LOOP;
  -- Children follow their account.
  FOREACH tbl IN ARRAY ARRAY['contact', 'visit', 'check_in', 'note', 'media'] LOOP
    PERFORM sync_make_touch(tbl, format(
      'LATERAL (SELECT c.account_id FROM %I c WHERE c.org_id = p_org AND c.id = i.id %s OFFSET 0) c,
       LATERAL (SELECT v.bucket FROM sync_wanted_account v WHERE v.org_id = p_org AND v.id = c.account_id OFFSET 0) w',
      tbl, CASE WHEN tbl IN ('contact', 'visit') THEN 'AND c.deleted_at IS NULL' END));
  END LOOP;
END $$;

-- Many records at once are worth a plan of their own: one statement, each record looked up by its key, since
-- what the planner would scan instead is the whole of everybody's. A bucket that a record never was in is a plain
-- INSERT, at half the price of one that may meet a row: whoever writes here holds the record's lock, or its
-- account's. A tombstone may be purged at the same time and is met by ON CONFLICT. Whether an account is deleted is
-- asked outside of its look-up, and a row is changed where it was found: other ways would tempt the planner, which
-- knows no numbers in the first minutes of a database, to compare each record with each.
CREATE FUNCTION sync_touch_many(p_tbl text, p_org uuid, p_ids uuid[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET work_mem = '64MB' AS $$
DECLARE
  wanted text;
  buckets text[];
  missed bigint;
BEGIN
  IF p_tbl = 'account' THEN
    wanted := $sql$
      SELECT i.id, b.bucket FROM unnest($2) i (id), LATERAL (
          SELECT a.territory_id, a.owner_id, a.deleted_at FROM account a
           WHERE a.org_id = $1 AND a.id = i.id OFFSET 0) a,
        LATERAL (VALUES ('t:' || coalesce(a.territory_id::text, 'none')),
                        (CASE WHEN a.territory_id IS NULL THEN 'u:' || a.owner_id END)) b (bucket)
       WHERE a.deleted_at IS NULL AND b.bucket IS NOT NULL
      UNION ALL
      SELECT h.account_id, 'u:' || h.user_id FROM account_holdover h, LATERAL (
          SELECT a.territory_id, a.owner_id, a.deleted_at FROM account a
           WHERE a.org_id = $1 AND a.id = h.account_id OFFSET 0) a
       WHERE h.org_id = $1 AND h.account_id = ANY ($2) AND a.deleted_at IS NULL
         AND (a.territory_id IS NOT NULL OR a.owner_id IS DISTINCT FROM h.user_id)$sql$;
  ELSE
    wanted := format('SELECT w.id, w.bucket FROM %I w WHERE w.org_id = $1 AND w.id = ANY ($2)', 'sync_wanted_' || p_tbl);
  END IF;
  EXECUTE format(
    'WITH wanted AS MATERIALIZED (%2$s),
     was AS MATERIALIZED (
       SELECT r.id, r.bucket, r.removed, r.place FROM unnest($2) i (id), LATERAL (
         SELECT s.id, s.bucket, s.removed, s.ctid AS place FROM sync_row s
          WHERE s.org_id = $1 AND s.tbl = %1$L AND s.id = i.id OFFSET 0) r),
     compared AS MATERIALIZED (
       SELECT id, bucket, w.id IS NOT NULL AS is_wanted, s.removed, s.place
         FROM wanted w FULL JOIN was s USING (id, bucket)),
     touched AS (
       UPDATE sync_row s SET xid = pg_current_xact_id(), removed = NOT c.is_wanted, changed_at = now()
         FROM compared c WHERE NOT c.removed AND s.ctid = c.place RETURNING s.bucket),
     made AS (
       INSERT INTO sync_row (org_id, bucket, tbl, id)
       SELECT $1, c.bucket, %1$L, c.id FROM compared c WHERE c.removed IS NULL ORDER BY c.id, c.bucket
       RETURNING bucket),
     revived AS (
       INSERT INTO sync_row (org_id, bucket, tbl, id)
       SELECT $1, c.bucket, %1$L, c.id FROM compared c WHERE c.is_wanted AND c.removed ORDER BY c.id, c.bucket
       ON CONFLICT (org_id, bucket, tbl, id) DO UPDATE
          SET xid = pg_current_xact_id(), removed = false, changed_at = now()
       RETURNING bucket)
     SELECT (SELECT array_agg(bucket) FROM (
              SELECT bucket FROM touched UNION SELECT bucket FROM made UNION SELECT bucket FROM revived) b),
            (SELECT count(*) FROM compared WHERE NOT removed) - (SELECT count(*) FROM touched)',
    p_tbl, wanted) INTO buckets, missed USING p_org, p_ids;
  IF missed <> 0 THEN
    RAISE EXCEPTION 'sync_row changed under the lock of its records' USING ERRCODE = 'serialization_failure';
  END IF;
  PERFORM pg_notify('tuyen_poke', p_org || ' ' || b.bucket) FROM unnest(buckets) b (bucket);
END $$;
CREATE OR REPLACE FUNCTION sync_touch(p_tbl text, p_org uuid, p_ids uuid[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF p_ids IS NULL THEN
    RETURN;
  END IF;
  IF cardinality(p_ids) <= 1000 THEN
    CASE p_tbl
      WHEN 'account' THEN PERFORM sync_touch_account(p_org, p_ids);
      WHEN 'contact' THEN PERFORM sync_touch_contact(p_org, p_ids);
      WHEN 'visit' THEN PERFORM sync_touch_visit(p_org, p_ids);
      WHEN 'check_in' THEN PERFORM sync_touch_check_in(p_org, p_ids);
      WHEN 'note' THEN PERFORM sync_touch_note(p_org, p_ids);
      WHEN 'media' THEN PERFORM sync_touch_media(p_org, p_ids);
      ELSE EXECUTE format('SELECT %I($1, $2)', 'sync_touch_' || p_tbl) USING p_org, p_ids;
    END CASE;
    RETURN;
  END IF;
  PERFORM sync_touch_many(p_tbl, p_org, p_ids);
END $$;

-- Whose set of buckets changes is told as well: one person's, or everybody's of the organisation.
CREATE FUNCTION sync_poke_scope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'territory_assignment' THEN
    PERFORM pg_notify('tuyen_poke', c.org_id || ' u:' || c.user_id)
       FROM (SELECT DISTINCT org_id, user_id FROM changed) c;
  ELSE
    PERFORM pg_notify('tuyen_poke', c.org_id || ' *') FROM (SELECT DISTINCT org_id FROM changed) c;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sync_poke_insert AFTER INSERT ON territory_assignment REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_poke_scope();
CREATE TRIGGER sync_poke_update AFTER UPDATE ON territory_assignment REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_poke_scope();
CREATE TRIGGER sync_poke_delete AFTER DELETE ON territory_assignment REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_poke_scope();
CREATE TRIGGER sync_poke_insert AFTER INSERT ON territory REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_poke_scope();
CREATE TRIGGER sync_poke_update AFTER UPDATE ON territory REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_poke_scope();

-- Forget tombstones from before a time; return how many. Cursors that had not seen them expire:
-- a cursor is good when everything below `purged_before` had ended in its snapshot.
CREATE FUNCTION sync_purge(p_before timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  purged bigint;
BEGIN
  WITH gone AS (DELETE FROM sync_row WHERE removed AND changed_at < p_before RETURNING xid),
       told AS (UPDATE sync_epoch SET purged_before = greatest(purged_before,
                  (SELECT (max(xid::text::numeric) + 1)::text::xid8 FROM gone))
                 WHERE EXISTS (SELECT 1 FROM gone) RETURNING 1)
  SELECT count(*) INTO purged FROM gone;
  RETURN purged;
END $$;

-- A device's own count of its mutations: the same count under another id is a second life of it.
-- NULL where the device spoke version 1 of the protocol, which promised nothing of its counts.
ALTER TABLE sync_mutation ADD COLUMN seq bigint;
CREATE UNIQUE INDEX sync_mutation_by_seq ON sync_mutation (org_id, device_id, seq);

-- Issues travel to the person's devices like any record, until they are resolved.
ALTER TABLE sync_issue RENAME TO issue;
ALTER TABLE issue RENAME COLUMN created_at TO made_at;
ALTER TABLE issue
  ADD COLUMN rv bigint NOT NULL DEFAULT 1,
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN resolved_by uuid,
  ADD CONSTRAINT issue_resolution_known CHECK (resolution IN ('mine', 'theirs', 'dismissed')),
  ADD CONSTRAINT issue_resolved_whole CHECK ((resolution IS NULL) = (resolved_at IS NULL));
CREATE INDEX issue_open ON issue (org_id, user_id, made_at) WHERE resolved_at IS NULL;
CREATE INDEX issue_by_record ON issue (org_id, rid);
CREATE TRIGGER issue_bump BEFORE UPDATE ON issue FOR EACH ROW EXECUTE FUNCTION tuyen_bump();
CREATE VIEW sync_wanted_issue AS
  SELECT org_id, id, 'u:' || user_id AS bucket FROM issue WHERE resolved_at IS NULL;
SELECT sync_make_touch('issue',
  'LATERAL (SELECT v.bucket FROM sync_wanted_issue v WHERE v.org_id = p_org AND v.id = i.id OFFSET 0) w');
CREATE TRIGGER sync_insert AFTER INSERT ON issue REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track();
CREATE TRIGGER sync_update AFTER UPDATE ON issue REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track();
CREATE TRIGGER sync_delete AFTER DELETE ON issue REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track();
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT org_id, array_agg(id ORDER BY id) AS ids FROM issue GROUP BY org_id LOOP
    PERFORM sync_touch('issue', one.org_id, one.ids);
  END LOOP;
END $$;

-- What was set aside is tried again or given up by a person; `counting` is on its way there.
ALTER TABLE sync_quarantine
  ADD COLUMN state text NOT NULL DEFAULT 'counting'
    CONSTRAINT quarantine_state_known CHECK (state IN ('counting', 'set_aside', 'replayed', 'discarded')),
  ADD COLUMN settled_at timestamptz,
  ADD COLUMN settled_by uuid,
  -- How far the device's clock lagged when it sent this.
  ADD COLUMN clock_offset_ms bigint NOT NULL DEFAULT 0,
  -- What was set aside together is settled together, in this order: the mutations of one group.
  ADD COLUMN unit_id uuid,
  ADD COLUMN place int NOT NULL DEFAULT 0;
UPDATE sync_quarantine SET unit_id = mutation_id, state = CASE WHEN attempts >= 3 THEN 'set_aside' ELSE 'counting' END;
ALTER TABLE sync_quarantine ALTER COLUMN unit_id SET NOT NULL;
CREATE INDEX sync_quarantine_unit ON sync_quarantine (org_id, unit_id, place);

-- What the server's clock showed at a device's time since boot: corrects what that boot captured.
CREATE TABLE sync_anchor (
  org_id uuid NOT NULL,
  device_id uuid NOT NULL,
  boot_id text NOT NULL CHECK (length(boot_id) BETWEEN 1 AND 100),
  elapsed_ms bigint NOT NULL,
  server_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, device_id, boot_id)
);
ALTER TABLE check_in ADD COLUMN clock_offset_ms bigint;
