-- Accounts whose place on the map is doubtful, one row for an account and a reason, with what speaks against the place.
CREATE TABLE pin_doubt (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  reason text NOT NULL CHECK (reason IN ('visits_elsewhere', 'crowded_spot', 'far_from_street', 'outside_unit')),
  -- `gone` is what a later check did not find again, or what was about a place that is left.
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'settled', 'gone')),
  location geometry(Point, 4326) NOT NULL,
  suggested geometry(Point, 4326),
  radius_m double precision,
  distance_m double precision NOT NULL DEFAULT 0,
  evidence jsonb NOT NULL,
  -- How much speaks for the doubt, and what it is about besides the place: once somebody said that the place is
  -- right, it comes back when another basis or a weight of `returns_at` is found.
  weight int NOT NULL,
  basis text NOT NULL DEFAULT '',
  returns_at int NOT NULL,
  answered_location geometry(Point, 4326),
  found_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  CONSTRAINT pin_doubt_suggestion_whole CHECK ((suggested IS NULL) = (radius_m IS NULL))
);
CREATE UNIQUE INDEX pin_doubt_open ON pin_doubt (org_id, account_id, reason) WHERE state = 'open';
CREATE INDEX pin_doubt_of_account ON pin_doubt (org_id, account_id);
CREATE INDEX pin_doubt_queue ON pin_doubt (org_id, distance_m DESC, id) WHERE state = 'open';
CREATE TRIGGER pin_doubt_bump BEFORE UPDATE ON pin_doubt FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- What people said about doubtful pins; it only grows, an undo is a row of its own.
CREATE TABLE pin_answer (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  doubt_id uuid NOT NULL,
  account_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('approve', 'move', 'right', 'undo')),
  before geometry(Point, 4326) NOT NULL,
  before_source text NOT NULL,
  after geometry(Point, 4326) NOT NULL,
  undoes uuid,
  answered_by uuid NOT NULL,
  answered_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, doubt_id) REFERENCES pin_doubt (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, answered_by) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, undoes) REFERENCES pin_answer (org_id, id)
);
CREATE INDEX pin_answer_of_account ON pin_answer (org_id, account_id, id);
CREATE UNIQUE INDEX pin_answer_undone_once ON pin_answer (org_id, undoes) WHERE undoes IS NOT NULL;

-- A look through all accounts, part by part: who goes on takes what comes after `after_id`.
CREATE TABLE pin_check (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done')),
  step text NOT NULL DEFAULT 'spots' CHECK (step IN ('spots', 'accounts', 'pairs')),
  after_id uuid,
  part int NOT NULL DEFAULT 0,
  accounts int NOT NULL,
  checked int NOT NULL DEFAULT 0,
  has_streets boolean NOT NULL DEFAULT false,
  asked_by uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, asked_by) REFERENCES app_user (org_id, id)
);
CREATE UNIQUE INDEX pin_check_one_at_a_time ON pin_check (org_id) WHERE status = 'running';
CREATE TRIGGER pin_check_bump BEFORE UPDATE ON pin_check FOR EACH ROW EXECUTE FUNCTION tuyen_bump();
