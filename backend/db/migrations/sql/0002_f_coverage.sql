-- How often an account is visited, as field teams write it ("2.1", "every 3 weeks"); without it,
-- visit_every_days says it.
ALTER TABLE account ADD COLUMN visit_frequency text
  CHECK (visit_frequency <> '' AND length(visit_frequency) <= 40);

-- A rep's weeks as they are asked for, planned, and accepted or not. What went into a plan is kept,
-- so that it can be planned again and compared.
CREATE TABLE coverage_plan (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  rep_id uuid NOT NULL,
  created_by uuid NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (
    status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'accepted', 'replaced')),
  -- The weeks begin on the Monday `first_on`; what lies before `from_on` is past.
  first_on date NOT NULL CHECK (extract(isodow FROM first_on) = 1),
  from_on date NOT NULL,
  weeks int NOT NULL CHECK (weeks BETWEEN 4 AND 12),
  cycle_week int NOT NULL CHECK (cycle_week BETWEEN 0 AND 3),
  request jsonb NOT NULL,
  -- The problem as MessagePack, deflated: mostly matrices.
  problem bytea,
  replay_of uuid,
  -- How often a worker began it; only the newest attempt may write.
  attempt int NOT NULL DEFAULT 0,
  phase text,
  share real NOT NULL DEFAULT 0 CHECK (share BETWEEN 0 AND 1),
  best_travel_seconds int,
  summary jsonb,
  result jsonb,
  failure jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  accepted_at timestamptz,
  accepted_by uuid,
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, accepted_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, replay_of) REFERENCES coverage_plan (org_id, id),
  CONSTRAINT coverage_plan_from_in_weeks CHECK (from_on - first_on BETWEEN 0 AND 7 * weeks - 1),
  CONSTRAINT coverage_plan_done_has_result CHECK (
    status NOT IN ('done', 'accepted', 'replaced') OR result IS NOT NULL)
);
CREATE UNIQUE INDEX coverage_plan_one_under_way ON coverage_plan (org_id, rep_id)
  WHERE status IN ('queued', 'running');
CREATE INDEX coverage_plan_newest ON coverage_plan (org_id, created_at DESC);
CREATE TRIGGER coverage_plan_bump BEFORE UPDATE ON coverage_plan
  FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- The accepted days: whose plan holds on a day, and the accounts of the day in their order. The key
-- lets one plan hold on a day; a day without visits is there, too.
CREATE TABLE coverage_day (
  org_id uuid NOT NULL,
  rep_id uuid NOT NULL,
  on_date date NOT NULL,
  plan_id uuid NOT NULL,
  account_ids uuid[] NOT NULL,
  PRIMARY KEY (org_id, rep_id, on_date),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, plan_id) REFERENCES coverage_plan (org_id, id)
);
CREATE INDEX coverage_day_by_plan ON coverage_day (org_id, plan_id);
