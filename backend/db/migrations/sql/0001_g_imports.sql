-- Lists of accounts are sorted by name; a rep's own accounts outside every territory are few.
CREATE INDEX account_by_name ON account (org_id, name_folded, id) WHERE deleted_at IS NULL;
CREATE INDEX account_own_unplaced ON account (org_id, owner_id)
  WHERE territory_id IS NULL AND deleted_at IS NULL;

-- What the last import of an account said. A field that differs from it was edited by a person
-- since, and the next import leaves it alone.
CREATE TABLE account_import (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  life_stage text NOT NULL,
  category text,
  address text,
  phone text,
  email text,
  website text,
  channel text,
  tags text[] NOT NULL,
  opening_hours text,
  lon double precision,
  lat double precision,
  visit_minutes int NOT NULL,
  visit_every_days int NOT NULL,
  priority int NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, account_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
);

-- One page of a search: every word of the query must be in the name, in any order and without
-- diacritics. The longest word comes first: it makes the trigram index narrow the search the most.
-- Folding is done before the wildcards are escaped, since it turns a full-width percent sign into a
-- plain one. EXECUTE plans with the words at hand: a rare word goes by the trigram index, a common
-- one along the names. Scope: p_territories NULL is everything, else also what p_owner has outside.
CREATE FUNCTION account_search_page(
  p_org uuid, p_query text, p_life_stage text, p_category text, p_territory uuid, p_tag text,
  p_territories uuid[], p_owner uuid, p_after uuid, p_limit int)
RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  patterns text[];
  after_name text;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN;
  END IF;
  SELECT array_agg('%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%' ORDER BY length(word) DESC)
    INTO patterns FROM regexp_split_to_table(tuyen_fold(p_query), '\s+') word WHERE word <> '';
  IF p_after IS NOT NULL THEN
    SELECT a.name_folded INTO after_name FROM account a WHERE a.org_id = p_org AND a.id = p_after;
  END IF;
  RETURN QUERY EXECUTE
    'SELECT a.id FROM account a
      WHERE a.org_id = $1 AND a.deleted_at IS NULL AND a.name_folded LIKE $2 AND a.name_folded LIKE ALL ($3)
        AND ($4 IS NULL OR a.life_stage = $4) AND ($5 IS NULL OR a.category = $5)
        AND ($6 IS NULL OR a.territory_id = $6) AND ($7 IS NULL OR $7 = ANY (a.tags))
        AND ($8 IS NULL OR a.territory_id = ANY ($8) OR (a.territory_id IS NULL AND a.owner_id = $9))
        AND ($10 IS NULL OR (a.name_folded, a.id) > ($11, $10))
      ORDER BY a.name_folded, a.id LIMIT $12'
    USING p_org, coalesce(patterns[1], '%'), coalesce(patterns[2:], '{}'), p_life_stage, p_category, p_territory,
      p_tag, p_territories, p_owner, p_after, after_name, p_limit;
END $$;

-- Put the accounts that these territories hold or cover where they belong now, and touch no other:
-- sync sees exactly what moved. The caller holds the areas' lock.
CREATE FUNCTION territory_place_accounts(p_org uuid, p_territories uuid[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  IF p_org IS DISTINCT FROM tuyen_org() THEN
    RETURN 0;
  END IF;
  UPDATE account a SET territory_id = p.territory_id
    FROM (SELECT c.id, tuyen_territory_at(p_org, c.location) AS territory_id
            FROM (SELECT x.id, x.location FROM account x
                   WHERE x.org_id = p_org AND x.territory_id = ANY (p_territories)
                     AND x.deleted_at IS NULL AND NOT x.territory_is_manual
                  UNION ALL
                  SELECT DISTINCT ON (x.id) x.id, x.location
                    FROM territory t JOIN account x ON x.org_id = p_org AND ST_Covers(t.area, x.location)
                   WHERE t.org_id = p_org AND t.id = ANY (p_territories) AND t.deleted_at IS NULL
                     AND x.deleted_at IS NULL AND NOT x.territory_is_manual
                     AND (x.territory_id IS NULL OR x.territory_id <> ALL (p_territories))) c) p
   WHERE a.org_id = p_org AND a.id = p.id AND NOT a.territory_is_manual
     AND a.territory_id IS DISTINCT FROM p.territory_id;
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;

-- After a large import the planner must not wait for autovacuum to learn that the tables have grown.
CREATE FUNCTION account_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE account, account_import, account_map, sync_row;
END $$;

REVOKE EXECUTE ON FUNCTION account_search_page(uuid, text, text, text, uuid, text, uuid[], uuid, uuid, int),
  territory_place_accounts(uuid, uuid[]),
  account_analyze() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_search_page(uuid, text, text, text, uuid, text, uuid[], uuid, uuid, int),
  territory_place_accounts(uuid, uuid[]),
  account_analyze() TO tuyen_app;
