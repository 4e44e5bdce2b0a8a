-- Territories designed anew: what was asked, made by a job, proposed, approved and published as a realignment,
-- once more after that was undone or called off: the last of `realignment_ids` is the one that counts. The problem
-- is kept, so that the same can be made again and told from what changed since.
CREATE TABLE territory_design (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  status text NOT NULL DEFAULT 'queued' CHECK (
    status IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  request jsonb NOT NULL,
  -- Problem and scenarios as MessagePack, deflated: mostly cells.
  problem bytea,
  design bytea,
  summary jsonb,
  failure jsonb,
  -- How often a worker began it; only the newest attempt may write.
  attempt int NOT NULL DEFAULT 0,
  share real NOT NULL DEFAULT 0 CHECK (share BETWEEN 0 AND 1),
  proposed_scenario text,
  proposed_by uuid,
  proposed_at timestamptz,
  approved_by uuid,
  approved_at timestamptz,
  published_scenario text,
  realignment_ids uuid[] NOT NULL DEFAULT '{}',
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  published_at timestamptz,
  published_by uuid,
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, proposed_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, approved_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, published_by) REFERENCES app_user (org_id, id),
  CONSTRAINT territory_design_approved_as_proposed CHECK (
    (proposed_scenario IS NULL) = (proposed_by IS NULL) AND (approved_by IS NULL) = (approved_at IS NULL)
    AND (approved_by IS NULL OR proposed_by IS NOT NULL)),
  CONSTRAINT territory_design_done_has_design CHECK (
    status <> 'done' OR problem IS NOT NULL AND design IS NOT NULL AND summary IS NOT NULL)
);
CREATE INDEX territory_design_newest ON territory_design (org_id, id DESC);
CREATE TRIGGER territory_design_bump BEFORE UPDATE ON territory_design
  FOR EACH ROW EXECUTE FUNCTION tuyen_bump();
