-- Both are asked by nearly every request of a rep. PL/pgSQL keeps their plans for the session, and
-- needs nothing of a pooler; the body of an SQL function is planned anew at every call.
CREATE OR REPLACE FUNCTION tuyen_territories_of(p_org uuid, p_user uuid)
RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_today date := tuyen_today(p_org);
BEGIN
  RETURN QUERY WITH RECURSIVE held AS (
    SELECT t.id FROM territory_assignment a
      JOIN territory t ON t.org_id = a.org_id AND t.id = a.territory_id AND t.deleted_at IS NULL
     WHERE a.org_id = p_org AND a.user_id = p_user AND a.valid_from <= v_today
       AND (a.valid_to IS NULL OR a.valid_to > v_today)
    UNION
    SELECT c.id FROM territory c JOIN held h ON c.org_id = p_org AND c.parent_id = h.id AND c.deleted_at IS NULL)
  SELECT held.id FROM held ORDER BY held.id;
END $$;

-- Where a pull stands: the running snapshot, this life of the database, what the person may see in
-- it, which results the device was not told yet, and whether tombstones are gone that it needs.
-- Whoever sees everything holds every territory's bucket and that of the accounts without one.
CREATE FUNCTION sync_standpoint(
  p_org uuid, p_user uuid, p_device uuid, p_all boolean, p_acked pg_snapshot, p_since pg_snapshot,
  OUT snapshot text, OUT epoch text, OUT buckets text[], OUT acks text, OUT is_expired boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT pg_current_snapshot()::text,
         e.epoch || ':' || (pg_control_system()).system_identifier || ':' || (pg_control_checkpoint()).timeline_id,
         coalesce(pg_snapshot_xmin(p_since) < e.purged_before, false)
    INTO snapshot, epoch, is_expired FROM sync_epoch e;
  IF p_all THEN
    SELECT array_agg('t:' || t.id) INTO buckets FROM territory t WHERE t.org_id = p_org AND t.deleted_at IS NULL;
    buckets := buckets || ARRAY['t:none'];
  ELSE
    SELECT array_agg('t:' || t.id) INTO buckets FROM tuyen_territories_of(p_org, p_user) t (id);
  END IF;
  buckets := buckets || ('u:' || p_user);
  SELECT coalesce(json_agg(m.result ORDER BY m.xid, m.id), '[]')::text INTO acks FROM sync_mutation m
   WHERE m.org_id = p_org AND m.device_id = p_device AND m.xid >= pg_snapshot_xmin(p_acked)
     AND NOT pg_visible_in_snapshot(m.xid, p_acked);
END $$;
