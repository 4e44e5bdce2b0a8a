-- How good a plan is: what it costs in all (seconds of travel and the worth of what it leaves out), and
-- what no plan of that day can cost less than.
ALTER TABLE route ADD COLUMN objective bigint;
ALTER TABLE route ADD COLUMN bound bigint;
