CREATE TABLE organisation (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  country char(2) NOT NULL DEFAULT 'VN',
  time_zone text NOT NULL DEFAULT 'Asia/Ho_Chi_Minh',
  locale text NOT NULL DEFAULT 'vi' CHECK (locale IN ('vi', 'en')),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE team (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  CONSTRAINT team_name_unique UNIQUE (org_id, name)
);

CREATE TABLE app_user (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  email text NOT NULL,
  full_name text NOT NULL CHECK (full_name <> ''),
  role text NOT NULL CHECK (role IN ('rep', 'manager', 'analyst', 'agent', 'admin')),
  team_id uuid,
  locale text NOT NULL DEFAULT 'vi' CHECK (locale IN ('vi', 'en')),
  password_hash text NOT NULL,
  is_active boolean NOT NULL DEFAULT true,
  token_version int NOT NULL DEFAULT 1,
  failed_logins int NOT NULL DEFAULT 0,
  locked_until timestamptz,
  home_location geometry(Point, 4326),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, team_id) REFERENCES team (org_id, id)
);
-- An email signs in before the organisation is known, so it is unique over all of them.
CREATE UNIQUE INDEX app_user_email_unique ON app_user (lower(email));
CREATE TRIGGER app_user_bump BEFORE UPDATE ON app_user FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

CREATE TABLE device (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  name text NOT NULL,
  platform text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id)
);

-- One chain of refresh tokens a sign-in: each token has one successor.
CREATE TABLE refresh_token (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  family_id uuid NOT NULL,
  device_id uuid NOT NULL,
  user_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  -- The successor's secret, sealed under the token it replaces, so that a lost reply can be repeated.
  successor_sealed bytea,
  used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  family_expires_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  CONSTRAINT refresh_token_hash_unique UNIQUE (org_id, token_hash),
  FOREIGN KEY (org_id, device_id) REFERENCES device (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX refresh_token_by_hash ON refresh_token (token_hash);
CREATE INDEX refresh_token_by_family ON refresh_token (org_id, family_id);

-- Append-only: the application may insert and read, never change.
CREATE TABLE audit_entry (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  actor_id uuid,
  device_id uuid,
  action text NOT NULL,
  subject text NOT NULL,
  subject_id uuid,
  detail jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (org_id, id)
);

-- Doors that open before an organisation is known: they return ids, never lists.
CREATE FUNCTION tuyen_find_login(p_email text)
RETURNS TABLE (org_id uuid, user_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
  $$ SELECT u.org_id, u.id FROM app_user u WHERE lower(u.email) = lower(p_email) $$;
CREATE FUNCTION tuyen_find_refresh(p_hash bytea)
RETURNS TABLE (org_id uuid, token_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS
  $$ SELECT t.org_id, t.id FROM refresh_token t WHERE t.token_hash = p_hash $$;
