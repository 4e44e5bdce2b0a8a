-- The second lock: the application's role sees one organisation, whatever the query says.
DO $$
DECLARE
  tbl text;
BEGIN
  FOR tbl IN
    SELECT c.table_name FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND c.column_name = 'org_id' AND t.table_type = 'BASE TABLE'
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
    EXECUTE format('CREATE POLICY own_organisation ON %I USING (org_id = (SELECT tuyen_org()))
                    WITH CHECK (org_id = (SELECT tuyen_org()))', tbl);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tuyen_app', tbl);
  END LOOP;
END $$;
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_organisation ON organisation USING (id = (SELECT tuyen_org())) WITH CHECK (id = (SELECT tuyen_org()));
GRANT SELECT, UPDATE ON organisation TO tuyen_app;
GRANT SELECT ON sync_epoch TO tuyen_app;
-- Only triggers write these, and the audit trail only grows.
REVOKE INSERT, UPDATE, DELETE ON sync_row, account_map FROM tuyen_app;
REVOKE UPDATE, DELETE ON audit_entry FROM tuyen_app;
-- sync_touch is for the triggers: called by hand it could not harm, but it has no business there.
REVOKE EXECUTE ON FUNCTION sync_touch(text, uuid, uuid[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION tuyen_find_login(text), tuyen_find_refresh(bytea),
  account_nearest(uuid, uuid[], geometry, int),
  tuyen_territory_at(uuid, geometry), tuyen_today(uuid), tuyen_territories_of(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tuyen_find_login(text), tuyen_find_refresh(bytea),
  account_nearest(uuid, uuid[], geometry, int),
  tuyen_territory_at(uuid, geometry), tuyen_today(uuid), tuyen_territories_of(uuid, uuid) TO tuyen_app;
GRANT SELECT ON alembic_version TO tuyen_app;
