-- A device's id is made by the device: sign-in asks whose it is, whatever the organisation.
CREATE INDEX device_by_id ON device (id);
CREATE FUNCTION tuyen_find_device(p_id uuid)
RETURNS TABLE (org_id uuid, user_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
  $$ SELECT d.org_id, d.user_id FROM device d WHERE d.id = p_id $$;
REVOKE EXECUTE ON FUNCTION tuyen_find_device(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tuyen_find_device(uuid) TO tuyen_app;

-- The tokens of a person or a device are ended together.
CREATE INDEX refresh_token_by_user ON refresh_token (org_id, user_id, device_id);
CREATE INDEX audit_entry_by_time ON audit_entry (org_id, at);
