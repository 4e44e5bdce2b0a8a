-- Most accounts of a large area were never visited: what visits come to asks for the others alone.
CREATE INDEX account_map_visited ON account_map (org_id, qk)
  INCLUDE (account_id, territory_id, owner_id, life_stage, category, visit_every_days, last_visit_at)
  WHERE last_visit_at IS NOT NULL;
CREATE INDEX visit_done ON visit (org_id, account_id, planned_on) INCLUDE (done_at)
  WHERE status = 'done' AND deleted_at IS NULL;
