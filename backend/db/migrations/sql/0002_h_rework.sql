-- What a phone needs to plan the rest of a day anew without a network.
ALTER TABLE route ADD COLUMN pack text;

-- A rep's own new order of the rest of a day, made on the phone: a fact that is only added. `state` says
-- whether the day's visits follow it, or why it came too late to be followed.
CREATE TABLE rework (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  route_id uuid NOT NULL,
  rep_id uuid NOT NULL,
  made_at timestamptz NOT NULL,
  reason text NOT NULL,
  plan jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('applied', 'route_replaced', 'outdated')),
  received_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, route_id) REFERENCES route (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX rework_by_route ON rework (org_id, route_id, made_at);

CREATE VIEW sync_wanted_rework AS SELECT org_id, id, 'u:' || rep_id AS bucket FROM rework;
CREATE TRIGGER sync_insert AFTER INSERT ON rework REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track();
CREATE TRIGGER sync_update AFTER UPDATE ON rework REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track();
CREATE TRIGGER sync_delete AFTER DELETE ON rework REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION sync_track();
SELECT sync_make_touch('rework',
  'LATERAL (SELECT v.bucket FROM sync_wanted_rework v WHERE v.org_id = p_org AND v.id = i.id OFFSET 0) w');
