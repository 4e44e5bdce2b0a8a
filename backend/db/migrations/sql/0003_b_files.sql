-- What the client said of its upload, told back as it was (tus asks for that).
ALTER TABLE upload ADD COLUMN metadata text NOT NULL DEFAULT '' CHECK (length(metadata) <= 2000);
CREATE INDEX upload_by_expiry ON upload (org_id, expires_at);
CREATE INDEX media_pending ON media (org_id, received_at, id) WHERE state = 'pending';

-- Tell the author on every device that a file is missing; false when that was told already.
-- The issue belongs to the mutation that announced the file.
CREATE FUNCTION media_raise_issue(p_org uuid, p_id uuid, p_media uuid, p_code text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO issue (org_id, id, mutation_id, user_id, device_id, tbl, rid, code, mine, theirs, base)
  SELECT m.org_id, p_id, coalesce(s.id, m.id), m.author_id,
         coalesce(s.device_id, '00000000-0000-0000-0000-000000000000'), 'media', m.id, p_code, '{}',
         jsonb_build_object('kind', m.kind, 'account_id', m.account_id, 'visit_id', m.visit_id), '{}'
    FROM media m
    LEFT JOIN LATERAL (SELECT t.id, t.device_id FROM sync_mutation t
                        WHERE t.org_id = m.org_id AND t.rid = m.id AND t.op = 'create'
                        ORDER BY t.created_at, t.id LIMIT 1) s ON true
   WHERE m.org_id = p_org AND m.id = p_media AND m.state = 'pending'
     AND NOT EXISTS (SELECT 1 FROM issue i WHERE i.org_id = m.org_id AND i.tbl = 'media'
                        AND i.rid = m.id AND (i.resolved_at IS NULL OR i.code = p_code AND p_code = 'media_missing'));
  RETURN FOUND;
END $$;

-- A file that comes after all settles what was told of it.
CREATE FUNCTION media_settle_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE issue SET resolution = 'dismissed', resolved_at = now()
   WHERE org_id = NEW.org_id AND tbl = 'media' AND rid = NEW.id AND resolved_at IS NULL
     AND code IN ('media_missing', 'media_lost');
  RETURN NULL;
END $$;
CREATE TRIGGER media_arrived AFTER UPDATE OF state ON media FOR EACH ROW
  WHEN (OLD.state = 'pending' AND NEW.state <> 'pending') EXECUTE FUNCTION media_settle_issue();
