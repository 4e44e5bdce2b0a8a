CREATE TABLE route (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  rep_id uuid NOT NULL,
  on_date date NOT NULL,
  status text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'replaced')),
  profile text NOT NULL,
  engine text NOT NULL,
  seed int NOT NULL,
  is_estimate boolean NOT NULL,
  distance_m int NOT NULL CHECK (distance_m >= 0),
  travel_seconds int NOT NULL CHECK (travel_seconds >= 0),
  wait_seconds int NOT NULL CHECK (wait_seconds >= 0),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  line geometry(LineString, 4326),
  stops jsonb NOT NULL DEFAULT '[]',
  dropped jsonb NOT NULL DEFAULT '[]',
  lunch jsonb,
  -- What was asked, so that the plan can be replayed and compared.
  inputs jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  CONSTRAINT route_times_ordered CHECK (ends_at >= starts_at)
);
CREATE UNIQUE INDEX route_one_a_day ON route (org_id, rep_id, on_date)
  WHERE status = 'planned' AND deleted_at IS NULL;
CREATE INDEX route_by_date ON route (org_id, on_date);
CREATE TRIGGER route_bump BEFORE UPDATE ON route FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

CREATE TABLE visit (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  rep_id uuid NOT NULL,
  route_id uuid,
  status text NOT NULL DEFAULT 'planned'
    CHECK (status IN ('planned', 'checked_in', 'done', 'cancelled')),
  planned_on date NOT NULL,
  planned_at timestamptz,
  sequence int,
  outcome text CHECK (outcome IN ('met', 'ordered', 'not_in', 'refused')),
  checked_in_at timestamptz,
  done_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, route_id) REFERENCES route (org_id, id),
  CONSTRAINT visit_done_has_outcome CHECK (status <> 'done' OR outcome IS NOT NULL)
);
CREATE INDEX visit_by_account ON visit (org_id, account_id, planned_on DESC);
CREATE INDEX visit_by_day ON visit (org_id, planned_on, rep_id);
CREATE INDEX visit_by_route ON visit (org_id, route_id);
CREATE TRIGGER visit_bump BEFORE UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

CREATE TABLE check_in (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  visit_id uuid NOT NULL,
  rep_id uuid NOT NULL,
  -- The device's own clock; `corrected_at` is what the server makes of it.
  captured_at timestamptz NOT NULL,
  corrected_at timestamptz NOT NULL,
  clock_suspect boolean NOT NULL DEFAULT false,
  location geometry(Point, 4326),
  accuracy_m real CHECK (accuracy_m >= 0),
  is_mock boolean NOT NULL DEFAULT false,
  distance_m real,
  boot_id text,
  elapsed_ms bigint,
  is_late boolean NOT NULL DEFAULT false,
  voids uuid,
  received_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, visit_id) REFERENCES visit (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX check_in_by_visit ON check_in (org_id, visit_id);
CREATE INDEX check_in_by_account ON check_in (org_id, account_id);

CREATE TABLE note (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  visit_id uuid,
  author_id uuid NOT NULL,
  body text NOT NULL CHECK (body <> ''),
  captured_at timestamptz NOT NULL,
  is_late boolean NOT NULL DEFAULT false,
  voids uuid,
  received_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, visit_id) REFERENCES visit (org_id, id),
  FOREIGN KEY (org_id, author_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX note_by_visit ON note (org_id, visit_id);
CREATE INDEX note_by_account ON note (org_id, account_id);

CREATE TABLE media (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  visit_id uuid,
  author_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('photo', 'voice')),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint NOT NULL CHECK (size_bytes > 0),
  mime text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'stored', 'refused')),
  captured_at timestamptz NOT NULL,
  stored_at timestamptz,
  -- What the file itself says of place and time: claimed, never trusted, never served.
  claimed jsonb NOT NULL DEFAULT '{}',
  is_late boolean NOT NULL DEFAULT false,
  received_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, visit_id) REFERENCES visit (org_id, id),
  FOREIGN KEY (org_id, author_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX media_by_visit ON media (org_id, visit_id);
CREATE INDEX media_by_account ON media (org_id, account_id);
CREATE INDEX media_by_content ON media (org_id, sha256) WHERE state = 'stored';
CREATE TRIGGER media_bump BEFORE UPDATE ON media FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

CREATE TABLE upload (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  media_id uuid NOT NULL,
  user_id uuid NOT NULL,
  size_bytes bigint NOT NULL,
  offset_bytes bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, media_id) REFERENCES media (org_id, id),
  CONSTRAINT upload_one_a_media UNIQUE (org_id, media_id),
  CONSTRAINT upload_offset_within CHECK (offset_bytes BETWEEN 0 AND size_bytes)
);
