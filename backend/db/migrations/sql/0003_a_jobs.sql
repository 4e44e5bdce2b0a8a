-- The library's functions find their tables whoever calls them, with whatever search path.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
              WHERE p.pronamespace = 'jobs'::regnamespace AND p.prokind = 'f' LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = jobs, pg_temp', one.name);
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA jobs TO tuyen_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO tuyen_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO tuyen_app;

-- What the calendar asks for is done for each organisation. Ids alone; whoever has one still sees
-- nothing of it without the row-level security's setting.
CREATE FUNCTION tuyen_org_ids() RETURNS SETOF uuid LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT id FROM organisation ORDER BY id $$;
REVOKE EXECUTE ON FUNCTION tuyen_org_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tuyen_org_ids() TO tuyen_app;
