-- A move of accounts between territories, as one thing: planned, looked at, done, undone.
CREATE TABLE realignment (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  state text NOT NULL DEFAULT 'draft'
    CHECK (state IN ('draft', 'scheduled', 'applied', 'undone', 'cancelled')),
  -- What was asked: lasso, list or rule, and people to move; and what it came to.
  plan jsonb NOT NULL,
  counts jsonb NOT NULL DEFAULT '{}',
  effective_on date NOT NULL,
  hold_over_days int NOT NULL DEFAULT 0 CHECK (hold_over_days BETWEEN 0 AND 365),
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  applied_at timestamptz,
  applied_by uuid,
  undone_at timestamptz,
  undone_by uuid,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id)
);
CREATE INDEX realignment_due ON realignment (org_id, effective_on) WHERE state = 'scheduled';
CREATE TRIGGER realignment_bump BEFORE UPDATE ON realignment FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- What was moved from where, so that it can be undone.
CREATE TABLE realignment_move (
  org_id uuid NOT NULL,
  realignment_id uuid NOT NULL,
  account_id uuid NOT NULL,
  from_territory_id uuid,
  from_is_manual boolean NOT NULL,
  to_territory_id uuid,
  PRIMARY KEY (org_id, realignment_id, account_id),
  FOREIGN KEY (org_id, realignment_id) REFERENCES realignment (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
);
CREATE INDEX realignment_move_by_account ON realignment_move (org_id, account_id);
