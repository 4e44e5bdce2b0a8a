-- What a visit is for, and how long visits of a kind take: what a planner said, else what was learned.
ALTER TABLE visit ADD COLUMN kind text NOT NULL DEFAULT 'routine'
  CHECK (kind IN ('routine', 'first', 'order', 'delivery', 'service'));

ALTER TABLE learned_value DROP CONSTRAINT learned_value_subject_check;
ALTER TABLE learned_value ADD CONSTRAINT learned_value_subject_check
  CHECK (subject IN ('account', 'category', 'hour', 'kind'));
