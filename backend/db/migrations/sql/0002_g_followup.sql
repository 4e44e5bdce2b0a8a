-- A person's positions of one day, in order of time: what is sent in pieces, or twice, meets here.
CREATE TABLE trace (
  org_id uuid NOT NULL,
  rep_id uuid NOT NULL,
  on_date date NOT NULL,
  -- [[seconds since 1970, longitude, latitude, accuracy in metres or null], ...]
  fixes jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, rep_id, on_date),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id)
);
CREATE TRIGGER trace_bump BEFORE UPDATE ON trace FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- What a day's driving came to, kept because matching costs seconds. `basis` names all that it was
-- made of: with another basis it is made anew.
CREATE TABLE driven_day (
  org_id uuid NOT NULL,
  rep_id uuid NOT NULL,
  on_date date NOT NULL,
  source text NOT NULL CHECK (source IN ('trace', 'check_ins')),
  is_estimate boolean NOT NULL,
  distance_m int NOT NULL CHECK (distance_m >= 0),
  unmatched_m int NOT NULL CHECK (unmatched_m >= 0),
  outlier_count int NOT NULL CHECK (outlier_count >= 0),
  off_route_m int CHECK (off_route_m >= 0),
  off_route_s int CHECK (off_route_s >= 0),
  line geometry(MultiLineString, 4326),
  -- {visit: [arrival, departure] in seconds since 1970}, as the trace tells them.
  stays jsonb NOT NULL DEFAULT '{}',
  basis text NOT NULL,
  settled_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, rep_id, on_date),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id)
);

-- What visits and ways really take, by account, category, or hour of a profile. People have the last
-- word: a fixed value beats the learned one, and what was before `learn_from` no longer counts.
CREATE TABLE learned_value (
  org_id uuid NOT NULL,
  subject text NOT NULL CHECK (subject IN ('account', 'category', 'hour')),
  key text NOT NULL CHECK (key <> ''),
  -- Minutes of an account; per cent of what was planned for the others.
  value int CHECK (value > 0),
  fixed_value int CHECK (fixed_value > 0),
  observations int NOT NULL DEFAULT 0 CHECK (observations >= 0),
  median real,
  learn_from timestamptz,
  learned_at timestamptz,
  decided_by uuid,
  decided_at timestamptz,
  PRIMARY KEY (org_id, subject, key),
  FOREIGN KEY (org_id, decided_by) REFERENCES app_user (org_id, id)
);

-- A person disagrees with what is said of a day of theirs; a planner answers.
CREATE TABLE objection (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  rep_id uuid NOT NULL,
  on_date date NOT NULL,
  visit_id uuid,
  body text NOT NULL CHECK (body <> ''),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'refused')),
  answer text,
  answered_by uuid,
  answered_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, visit_id) REFERENCES visit (org_id, id),
  FOREIGN KEY (org_id, answered_by) REFERENCES app_user (org_id, id),
  CONSTRAINT objection_answered CHECK ((state = 'open') = (answered_at IS NULL))
);
CREATE INDEX objection_by_day ON objection (org_id, rep_id, on_date);
CREATE INDEX objection_by_visit ON objection (org_id, visit_id) WHERE visit_id IS NOT NULL;

-- How long a visit of an account is planned: what was learned or fixed of it, else its own minutes at
-- its category's per cent.
CREATE FUNCTION tuyen_visit_minutes(
  p_org uuid, p_account uuid, p_category text, p_planned int, OUT minutes int, OUT is_learned boolean)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(own, least(greatest(round(p_planned * coalesce(kind, 100) / 100.0), 1), 480)::int),
         coalesce(own, kind) IS NOT NULL
    FROM (SELECT (SELECT coalesce(l.fixed_value, l.value) FROM learned_value l
                   WHERE l.org_id = p_org AND l.subject = 'account' AND l.key = p_account::text),
                 (SELECT coalesce(l.fixed_value, l.value) FROM learned_value l
                   WHERE l.org_id = p_org AND l.subject = 'category' AND l.key = p_category)) v (own, kind)
$$;

-- Past days planned anew, one after the other: a job that can be watched and stopped.
CREATE TABLE backtest (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  rep_id uuid NOT NULL,
  from_date date NOT NULL,
  to_date date NOT NULL,
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
  days_total int,
  days_done int NOT NULL DEFAULT 0,
  days jsonb NOT NULL DEFAULT '[]',
  failure jsonb,
  asked_by uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, asked_by) REFERENCES app_user (org_id, id),
  CONSTRAINT backtest_dates_ordered CHECK (to_date >= from_date)
);
CREATE UNIQUE INDEX backtest_one_at_a_time ON backtest (org_id, rep_id) WHERE state IN ('queued', 'running');
