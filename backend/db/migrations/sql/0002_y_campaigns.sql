-- Accounts that are worked on for a while, for a purpose. What came of it is counted from visits and sales.
CREATE TABLE campaign (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  purpose text NOT NULL DEFAULT '',
  starts_on date NOT NULL CONSTRAINT campaign_starts_on_sane CHECK (starts_on BETWEEN '1970-01-01' AND '2200-12-31'),
  ends_on date NOT NULL CONSTRAINT campaign_ends_on_sane CHECK (ends_on BETWEEN '1970-01-01' AND '2200-12-31'),
  -- Ended by somebody, before its last day.
  ended_at timestamptz,
  created_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id),
  CONSTRAINT campaign_days_ordered CHECK (ends_on >= starts_on)
);
CREATE TRIGGER campaign_bump BEFORE UPDATE ON campaign FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- Whoever writes here also touches the campaign: its version tells tiles that are filtered by it.
CREATE TABLE campaign_account (
  org_id uuid NOT NULL,
  campaign_id uuid NOT NULL,
  account_id uuid NOT NULL,
  added_at timestamptz NOT NULL DEFAULT now(),
  added_by uuid NOT NULL,
  PRIMARY KEY (org_id, campaign_id, account_id),
  FOREIGN KEY (org_id, campaign_id) REFERENCES campaign (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, added_by) REFERENCES app_user (org_id, id)
);
CREATE INDEX campaign_account_by_account ON campaign_account (org_id, account_id);
