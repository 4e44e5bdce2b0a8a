-- What a summary of an area asks of each account stands in the narrow table of the map, with an index of its own,
-- so that an area is one pass over a few ranges of keys and no account's own row is read.
ALTER TABLE account_map ADD COLUMN channel text, ADD COLUMN priority smallint NOT NULL DEFAULT 2,
  ADD COLUMN visit_every_days smallint NOT NULL DEFAULT 28;
UPDATE account_map m SET channel = a.channel, priority = a.priority, visit_every_days = a.visit_every_days
  FROM account a
 WHERE a.org_id = m.org_id AND a.id = m.account_id
   AND (a.channel, a.priority, a.visit_every_days) IS DISTINCT FROM (m.channel, m.priority::int, m.visit_every_days::int);
CREATE INDEX account_map_area ON account_map (org_id, qk)
  INCLUDE (account_id, territory_id, owner_id, life_stage, category, channel, priority, visit_every_days, last_visit_at);
-- Most accounts of a large area were never visited: what visits come to asks for the others alone.
CREATE INDEX account_map_visited ON account_map (org_id, qk)
  INCLUDE (account_id, territory_id, owner_id, life_stage, category, visit_every_days, last_visit_at)
  WHERE last_visit_at IS NOT NULL;
CREATE INDEX visit_done ON visit (org_id, account_id, planned_on) INCLUDE (done_at)
  WHERE status = 'done' AND deleted_at IS NULL;

-- Whoever puts an account on the map need not know what areas ask of it.
CREATE FUNCTION account_map_complete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  SELECT a.channel, a.priority, a.visit_every_days INTO NEW.channel, NEW.priority, NEW.visit_every_days
    FROM account a WHERE a.org_id = NEW.org_id AND a.id = NEW.account_id;
  RETURN NEW;
END $$;
CREATE TRIGGER account_map_complete BEFORE INSERT ON account_map FOR EACH ROW EXECUTE FUNCTION account_map_complete();

-- By row, and only where one of these changes: hardly an update of an account does that.
CREATE FUNCTION account_map_keep_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account_map SET channel = NEW.channel, priority = NEW.priority, visit_every_days = NEW.visit_every_days
   WHERE org_id = NEW.org_id AND account_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER account_map_keep_up AFTER UPDATE ON account FOR EACH ROW
  WHEN ((OLD.channel, OLD.priority, OLD.visit_every_days) IS DISTINCT FROM (NEW.channel, NEW.priority, NEW.visit_every_days))
  EXECUTE FUNCTION account_map_keep_up();
