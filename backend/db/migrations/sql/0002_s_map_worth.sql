-- The map colours accounts by what they are worth: the narrow table that tiles read says it, too.
ALTER TABLE account_map ADD COLUMN rfm_class text, ADD COLUMN monthly_potential real;
DROP INDEX account_map_qk;
CREATE INDEX account_map_qk ON account_map (org_id, qk)
  INCLUDE (account_id, wx, wy, territory_id, owner_id, life_stage, category, channel, priority, visit_every_days, last_visit_at,
           rfm_class, monthly_potential);

-- What accounts are worth is no part of them and gives them no version: tiles that tell it have one of their own.
CREATE TABLE account_worth_version (
  org_id uuid PRIMARY KEY REFERENCES organisation (id),
  version bigint NOT NULL
);

CREATE FUNCTION account_map_worth_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  -- In one order, or two that write of several organisations wait for each other.
  INSERT INTO account_worth_version AS w (org_id, version)
  SELECT DISTINCT c.org_id, 1 FROM changed c ORDER BY 1
  ON CONFLICT (org_id) DO UPDATE SET version = w.version + 1;
  UPDATE account_map m SET rfm_class = n.rfm_class, monthly_potential = n.monthly_amount
    FROM (SELECT DISTINCT c.org_id, c.account_id, v.rfm_class, p.monthly_amount::real FROM changed c
            LEFT JOIN account_value v ON v.org_id = c.org_id AND v.account_id = c.account_id
            LEFT JOIN account_potential p ON p.org_id = c.org_id AND p.account_id = c.account_id) n
   WHERE m.org_id = n.org_id AND m.account_id = n.account_id
     AND (m.rfm_class, m.monthly_potential) IS DISTINCT FROM (n.rfm_class, n.monthly_amount);
  RETURN NULL;
END $$;
CREATE TRIGGER account_value_insert AFTER INSERT ON account_value REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_follow();
CREATE TRIGGER account_value_update AFTER UPDATE ON account_value REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_follow();
CREATE TRIGGER account_value_delete AFTER DELETE ON account_value REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_follow();
CREATE TRIGGER account_potential_insert AFTER INSERT ON account_potential REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_follow();
CREATE TRIGGER account_potential_update AFTER UPDATE ON account_potential REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_follow();
CREATE TRIGGER account_potential_delete AFTER DELETE ON account_potential REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_follow();

-- An account that comes to the map, or back to it, brings what it is worth.
CREATE FUNCTION account_map_worth_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE account_map m SET rfm_class = v.rfm_class, monthly_potential = p.monthly_amount
    FROM came c
    LEFT JOIN account_value v ON v.org_id = c.org_id AND v.account_id = c.account_id
    LEFT JOIN account_potential p ON p.org_id = c.org_id AND p.account_id = c.account_id
   WHERE m.org_id = c.org_id AND m.account_id = c.account_id
     AND (v.account_id IS NOT NULL OR p.account_id IS NOT NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER account_map_worth_place AFTER INSERT ON account_map REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION account_map_worth_place();

-- Whether more accounts than that lie in a range of keys, whoever looks: what a tile costs is decided by what there is,
-- and who sees few of many would otherwise pass over all of them to count so far.
CREATE FUNCTION account_map_is_crowded(p_org uuid, p_lo bigint, p_hi bigint, p_most int) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN p_org IS NOT DISTINCT FROM tuyen_org() AND (
    SELECT count(*) > p_most FROM (
      SELECT FROM account_map m WHERE m.org_id = p_org AND m.qk >= p_lo AND m.qk < p_hi LIMIT p_most + 1) found);
END $$;
REVOKE EXECUTE ON FUNCTION account_map_is_crowded(uuid, bigint, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_map_is_crowded(uuid, bigint, bigint, int) TO tuyen_app;
