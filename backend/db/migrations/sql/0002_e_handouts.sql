-- A person's visits as a calendar that phones subscribe to. They send no token, so the address itself
-- is the key: only the hash of its secret is kept.
CREATE TABLE calendar_feed (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  rep_id uuid NOT NULL,
  created_by uuid NOT NULL,
  label text NOT NULL DEFAULT '' CHECK (length(label) <= 500),
  secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  PRIMARY KEY (org_id, id),
  CONSTRAINT calendar_feed_hash_unique UNIQUE (org_id, secret_hash),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id)
);
CREATE INDEX calendar_feed_by_hash ON calendar_feed (secret_hash);
CREATE INDEX calendar_feed_by_rep ON calendar_feed (org_id, rep_id) WHERE revoked_at IS NULL;
CREATE INDEX calendar_feed_by_creator ON calendar_feed (org_id, created_by) WHERE revoked_at IS NULL;

-- Another door that opens before an organisation is known: it returns ids, and only of what may be read.
CREATE FUNCTION tuyen_find_calendar_feed(p_hash bytea)
RETURNS TABLE (org_id uuid, feed_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
  $$ SELECT f.org_id, f.id FROM calendar_feed f WHERE f.secret_hash = p_hash AND f.revoked_at IS NULL $$;
REVOKE EXECUTE ON FUNCTION tuyen_find_calendar_feed(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tuyen_find_calendar_feed(bytea) TO tuyen_app;

-- Whoever leaves takes no calendar along, neither their own nor one they made of somebody else's
-- visits; and who plans no more keeps none of others'.
CREATE FUNCTION calendar_feed_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE calendar_feed f SET revoked_at = now()
   WHERE f.org_id = NEW.org_id AND f.revoked_at IS NULL
     AND (NOT NEW.is_active AND NEW.id IN (f.rep_id, f.created_by)
          OR NEW.role NOT IN ('manager', 'admin') AND f.created_by = NEW.id AND f.rep_id <> NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER app_user_ends_feeds AFTER UPDATE OF is_active, role ON app_user FOR EACH ROW
  WHEN (NEW.is_active <> OLD.is_active OR NEW.role <> OLD.role) EXECUTE FUNCTION calendar_feed_end();
