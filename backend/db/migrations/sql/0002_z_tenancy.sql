-- The second lock for the tables that came since.
DO $$
DECLARE
  tbl text;
BEGIN
  FOR tbl IN
    SELECT c.relname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT c.relrowsecurity
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY own_organisation ON %I USING (org_id = (SELECT tuyen_org()))
                    WITH CHECK (org_id = (SELECT tuyen_org()))', tbl);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tuyen_app', tbl);
  END LOOP;
END $$;
-- Only triggers write where an account was, what it is looked for by, what the map counts, what it is worth there, and
-- what a territory was.
REVOKE INSERT, UPDATE, DELETE ON account_placement, account_search, account_cell, account_cell_change, territory_extent,
  account_worth, territory_version FROM tuyen_app;
REVOKE INSERT, UPDATE ON cube_change FROM tuyen_app;
-- What people said about pins, and who looked at whom, only grows.
REVOKE UPDATE, DELETE ON pin_answer, track_look FROM tuyen_app;
REVOKE EXECUTE ON FUNCTION sync_purge(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sync_purge(timestamptz) TO tuyen_app;
