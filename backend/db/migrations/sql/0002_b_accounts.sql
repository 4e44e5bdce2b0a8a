-- Crates of empties that the customer owes: changed by what comes and goes, never below nothing.
ALTER TABLE account ADD COLUMN empties_owed int NOT NULL DEFAULT 0
  CONSTRAINT account_empties_not_negative CHECK (empties_owed >= 0);

-- The id of an account that was merged into another one: later changes of it land on that one.
CREATE TABLE account_alias (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  merged_at timestamptz NOT NULL DEFAULT now(),
  merged_by uuid NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  CONSTRAINT account_alias_of_another CHECK (id <> account_id)
);
CREATE INDEX account_alias_target ON account_alias (org_id, account_id);

-- Two accounts that may be the same place, until a person says.
CREATE TABLE account_duplicate (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  other_id uuid NOT NULL,
  reason text NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'merged', 'distinct')),
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  settled_by uuid,
  PRIMARY KEY (org_id, account_id, other_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, other_id) REFERENCES account (org_id, id),
  CONSTRAINT account_duplicate_of_another CHECK (account_id <> other_id)
);
CREATE INDEX account_duplicate_open ON account_duplicate (org_id, created_at) WHERE state = 'open';

-- Where an account was before: who may still report on it is read from here.
CREATE TABLE account_placement (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  territory_id uuid NOT NULL,
  left_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, account_id, left_at, territory_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, territory_id) REFERENCES territory (org_id, id)
);

-- After a realignment the one who had the account keeps it until its open work is done.
CREATE TABLE account_holdover (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  user_id uuid NOT NULL,
  realignment_id uuid,
  -- The first day on which it no longer holds.
  until_on date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, account_id, user_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX account_holdover_by_user ON account_holdover (org_id, user_id);

CREATE OR REPLACE VIEW sync_wanted_account AS
  SELECT org_id, id, 't:' || coalesce(territory_id::text, 'none') AS bucket FROM account WHERE deleted_at IS NULL
  UNION ALL
  SELECT org_id, id, 'u:' || owner_id FROM account
   WHERE deleted_at IS NULL AND territory_id IS NULL AND owner_id IS NOT NULL
  UNION ALL
  SELECT a.org_id, a.id, 'u:' || h.user_id FROM account_holdover h
    JOIN account a ON a.org_id = h.org_id AND a.id = h.account_id
   WHERE a.deleted_at IS NULL AND (a.territory_id IS NOT NULL OR a.owner_id IS DISTINCT FROM h.user_id);

-- An account that changes its buckets takes its children along, and where it was is remembered.
CREATE OR REPLACE FUNCTION sync_track_account_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      INSERT INTO account_placement (org_id, account_id, territory_id, left_at)
      SELECT b.org_id, b.id, b.territory_id, clock_timestamp() FROM was b
        JOIN changed c ON c.org_id = b.org_id AND c.id = b.id
       WHERE b.org_id = one.org_id AND b.territory_id IS NOT NULL
         AND (c.territory_id IS DISTINCT FROM b.territory_id OR (c.deleted_at IS NULL) <> (b.deleted_at IS NULL))
       ON CONFLICT DO NOTHING;
      FOREACH child IN ARRAY ARRAY['contact', 'visit', 'check_in', 'note', 'media'] LOOP
        EXECUTE format('SELECT array_agg(id ORDER BY id) FROM %I WHERE org_id = $1 AND account_id = ANY ($2)', child)
          INTO children USING one.org_id, one.moved;
        PERFORM sync_touch(child, one.org_id, children);
      END LOOP;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- Held over or let go: the account and its children enter or leave the person's bucket.
CREATE FUNCTION sync_track_holdover() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
  child text;
  children uuid[];
BEGIN
  PERFORM 1 FROM account a WHERE (a.org_id, a.id) IN (SELECT org_id, account_id FROM changed)
    ORDER BY a.org_id, a.id FOR UPDATE;
  FOR one IN SELECT org_id, array_agg(DISTINCT account_id) AS ids FROM changed GROUP BY org_id LOOP
    PERFORM sync_touch('account', one.org_id, one.ids);
    FOREACH child IN ARRAY ARRAY['contact', 'visit', 'check_in', 'note', 'media'] LOOP
      EXECUTE format('SELECT array_agg(id ORDER BY id) FROM %I WHERE org_id = $1 AND account_id = ANY ($2)', child)
        INTO children USING one.org_id, one.ids;
      PERFORM sync_touch(child, one.org_id, children);
    END LOOP;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER sync_insert AFTER INSERT ON account_holdover REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track_holdover();
CREATE TRIGGER sync_delete AFTER DELETE ON account_holdover REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track_holdover();
