-- A second lock on scope, where the map counts: who looks (`app.viewer`) sees accounts of own territories, own ones
-- outside every territory, and those kept for a while, whatever the query says. Where nobody looks (jobs, triggers),
-- and for whoever sees everything, it stands open. Sets are asked for once a query and looked up by their hash.
CREATE FUNCTION tuyen_viewer() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
 $$ SELECT nullif(current_setting('app.viewer', true), '')::uuid $$;

CREATE FUNCTION tuyen_viewer_sees_all() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  viewer uuid := tuyen_viewer();
BEGIN
  RETURN viewer IS NULL OR EXISTS (
    SELECT FROM app_user u WHERE u.org_id = tuyen_org() AND u.id = viewer AND u.role <> 'rep');
END $$;

CREATE POLICY own_scope ON account_map AS RESTRICTIVE FOR SELECT USING (
  (SELECT tuyen_viewer_sees_all())
  OR territory_id IN (SELECT tuyen_territories_of(tuyen_org(), tuyen_viewer()))
  OR territory_id IS NULL AND owner_id = (SELECT tuyen_viewer())
  OR account_id IN (SELECT tuyen_held_over(tuyen_org(), tuyen_viewer())));
-- Sums are of territories; what is one's own outside of them is read from the accounts.
CREATE POLICY own_scope ON account_cell AS RESTRICTIVE FOR SELECT USING (
  (SELECT tuyen_viewer_sees_all())
  OR territory_id IN (SELECT tuyen_territories_of(tuyen_org(), tuyen_viewer())));
CREATE POLICY own_scope ON account_cell_change AS RESTRICTIVE FOR SELECT USING (
  (SELECT tuyen_viewer_sees_all())
  OR territory_id IN (SELECT tuyen_territories_of(tuyen_org(), tuyen_viewer())));
REVOKE EXECUTE ON FUNCTION tuyen_viewer_sees_all() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tuyen_viewer_sees_all() TO tuyen_app;
