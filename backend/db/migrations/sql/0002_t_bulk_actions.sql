-- One change of many accounts: what was asked, how far it is, and of each account what it was before.
CREATE TABLE bulk_action (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  action jsonb NOT NULL,
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'failed', 'undoing', 'undone')),
  failure text,
  created_by uuid NOT NULL,
  device_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  undone_by uuid,
  undone_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, created_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, undone_by) REFERENCES app_user (org_id, id)
);
CREATE TRIGGER bulk_action_bump BEFORE UPDATE ON bulk_action FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- A part is carried out in one transaction with what is written here of it: who goes on takes what still waits.
CREATE TABLE bulk_action_item (
  org_id uuid NOT NULL,
  action_id uuid NOT NULL,
  account_id uuid NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'changed', 'unchanged', 'refused', 'undone', 'kept')),
  reason text,
  before jsonb,
  after jsonb,
  PRIMARY KEY (org_id, action_id, account_id),
  FOREIGN KEY (org_id, action_id) REFERENCES bulk_action (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
) WITH (fillfactor = 80);
CREATE INDEX bulk_action_item_account ON bulk_action_item (org_id, account_id);
CREATE INDEX bulk_action_item_open ON bulk_action_item (org_id, action_id, account_id) WHERE state IN ('waiting', 'changed');
