-- What was sold, as the books tell it: lines of invoices, by product. Analyses count them.
ALTER TABLE organisation ADD COLUMN currency text NOT NULL DEFAULT 'VND'
  CONSTRAINT organisation_currency_iso CHECK (currency ~ '^[A-Z]{3}$');

CREATE TABLE product (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  category text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  CONSTRAINT product_code_unique UNIQUE (org_id, code)
);
CREATE TRIGGER product_bump BEFORE UPDATE ON product FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- `amount` is net of tax in the organisation's currency, below nought for what came back. `territory_id` is
-- where the account lay on that day, so that a realignment does not rewrite what a territory sold.
CREATE TABLE sale (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  account_id uuid NOT NULL,
  product_id uuid NOT NULL,
  sold_on date NOT NULL CONSTRAINT sale_sold_on_sane CHECK (sold_on BETWEEN '1970-01-01' AND '2200-12-31'),
  invoice text NOT NULL CHECK (invoice <> ''),
  line int NOT NULL DEFAULT 1,
  quantity numeric(14, 3) NOT NULL DEFAULT 1,
  amount numeric(16, 2) NOT NULL,
  rep_id uuid,
  territory_id uuid,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, id),
  CONSTRAINT sale_line_unique UNIQUE (org_id, invoice, line),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id),
  FOREIGN KEY (org_id, product_id) REFERENCES product (org_id, id),
  FOREIGN KEY (org_id, rep_id) REFERENCES app_user (org_id, id),
  FOREIGN KEY (org_id, territory_id) REFERENCES territory (org_id, id)
);
CREATE INDEX sale_by_account ON sale (org_id, account_id, sold_on) INCLUDE (amount, quantity, product_id);
CREATE INDEX sale_by_day ON sale (org_id, sold_on);

-- What an account could buy in a month, and who says so.
CREATE TABLE account_potential (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  monthly_amount numeric(16, 2) NOT NULL CONSTRAINT account_potential_not_negative CHECK (monthly_amount >= 0),
  source text NOT NULL CHECK (source <> ''),
  said_on date NOT NULL,
  PRIMARY KEY (org_id, account_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
);

-- What an account was worth in the year up to `valued_on`: made anew by a job from what was sold.
-- Scores are fifths of the organisation's buyers, 5 the best (recency, frequency, monetary value).
CREATE TABLE account_value (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  valued_on date NOT NULL,
  last_sold_on date NOT NULL,
  sold_days int NOT NULL,
  revenue numeric(16, 2) NOT NULL,
  recency smallint NOT NULL CHECK (recency BETWEEN 1 AND 5),
  frequency smallint NOT NULL CHECK (frequency BETWEEN 1 AND 5),
  monetary smallint NOT NULL CHECK (monetary BETWEEN 1 AND 5),
  rfm_class text NOT NULL CHECK (rfm_class IN ('champion', 'loyal', 'promising', 'new', 'at_risk', 'asleep')),
  PRIMARY KEY (org_id, account_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account (org_id, id)
);
CREATE FUNCTION sale_analyze() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE product, sale, account_potential, account_worth;
END $$;
REVOKE EXECUTE ON FUNCTION sale_analyze() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sale_analyze() TO tuyen_app;

-- What accounts of the map are worth, at their places: most accounts of a large area never bought anything, and
-- a row of the map has too many indexes to be written with every import. Only triggers write it.
CREATE TABLE account_worth (
  org_id uuid NOT NULL,
  account_id uuid NOT NULL,
  qk bigint NOT NULL,
  territory_id uuid,
  owner_id uuid,
  life_stage text NOT NULL,
  category text,
  last_sold_on date,
  monthly_potential numeric(16, 2),
  rfm_class text,
  PRIMARY KEY (org_id, account_id)
);
CREATE INDEX account_worth_area ON account_worth (org_id, qk)
  INCLUDE (account_id, territory_id, owner_id, life_stage, category, last_sold_on, monthly_potential, rfm_class);

-- Every account's rows are looked up by their keys: joined otherwise, everybody's would be read.
CREATE FUNCTION account_worth_follow(p_org uuid, p_accounts uuid[]) RETURNS void LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  DELETE FROM account_worth w
   WHERE w.org_id = p_org AND w.account_id = ANY (p_accounts)
     AND NOT EXISTS (SELECT FROM sale s WHERE s.org_id = p_org AND s.account_id = w.account_id)
     AND NOT EXISTS (SELECT FROM account_potential p WHERE p.org_id = p_org AND p.account_id = w.account_id);
  INSERT INTO account_worth AS w (org_id, account_id, qk, territory_id, owner_id, life_stage, category, last_sold_on,
                                  monthly_potential, rfm_class)
  SELECT p_org, f.id, m.qk, m.territory_id, m.owner_id, m.life_stage, m.category, f.last_sold_on,
         f.monthly_potential, f.rfm_class
    FROM (SELECT t.id,
                 (SELECT max(s.sold_on) FROM sale s WHERE s.org_id = p_org AND s.account_id = t.id) AS last_sold_on,
                 (SELECT p.monthly_amount FROM account_potential p WHERE p.org_id = p_org AND p.account_id = t.id)
                   AS monthly_potential,
                 (SELECT v.rfm_class FROM account_value v WHERE v.org_id = p_org AND v.account_id = t.id) AS rfm_class
            FROM unnest(p_accounts) t (id)) f
    JOIN account_map m ON m.org_id = p_org AND m.account_id = f.id
   WHERE f.last_sold_on IS NOT NULL OR f.monthly_potential IS NOT NULL
   ORDER BY f.id
  ON CONFLICT (org_id, account_id) DO UPDATE
     SET last_sold_on = excluded.last_sold_on, monthly_potential = excluded.monthly_potential,
         rfm_class = excluded.rfm_class
   WHERE (w.last_sold_on, w.monthly_potential, w.rfm_class)
         IS DISTINCT FROM (excluded.last_sold_on, excluded.monthly_potential, excluded.rfm_class);
END $$;

CREATE FUNCTION account_worth_track() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  one record;
BEGIN
  IF TG_TABLE_NAME = 'account_value' THEN
    -- Every night touches all of them and changes few classes. Who has one has bought, and so has a row.
    UPDATE account_worth w SET rfm_class = CASE WHEN TG_OP <> 'DELETE' THEN c.rfm_class END
      FROM changed c
     WHERE w.org_id = c.org_id AND w.account_id = c.account_id
       AND w.rfm_class IS DISTINCT FROM CASE WHEN TG_OP <> 'DELETE' THEN c.rfm_class END;
  ELSIF TG_OP = 'UPDATE' THEN
    FOR one IN SELECT e.org_id, array_agg(e.account_id) AS ids FROM (
        SELECT org_id, account_id FROM changed UNION SELECT org_id, account_id FROM was) e
      GROUP BY e.org_id
    LOOP
      PERFORM account_worth_follow(one.org_id, one.ids);
    END LOOP;
  ELSE
    FOR one IN SELECT org_id, array_agg(DISTINCT account_id) AS ids FROM changed GROUP BY org_id LOOP
      PERFORM account_worth_follow(one.org_id, one.ids);
    END LOOP;
  END IF;
  RETURN NULL;
END $$;
DO $$
DECLARE
  tbl text;
BEGIN
  FOREACH tbl IN ARRAY ARRAY['sale', 'account_potential', 'account_value'] LOOP
    EXECUTE format('CREATE TRIGGER account_worth_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION account_worth_track()', tbl);
    EXECUTE format('CREATE TRIGGER account_worth_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS was
                    NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION account_worth_track()', tbl);
    EXECUTE format('CREATE TRIGGER account_worth_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
                    FOR EACH STATEMENT EXECUTE FUNCTION account_worth_track()', tbl);
  END LOOP;
END $$;

-- A new account of the map bought nothing; one that comes back may have. What leaves or moves is followed row by
-- row, for most changes of the map are visits.
CREATE FUNCTION account_worth_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  one record;
BEGIN
  IF TG_OP = 'INSERT' THEN
    FOR one IN SELECT c.org_id, array_agg(c.account_id) AS ids FROM changed c
       WHERE EXISTS (SELECT FROM sale s WHERE s.org_id = c.org_id AND s.account_id = c.account_id)
          OR EXISTS (SELECT FROM account_potential p WHERE p.org_id = c.org_id AND p.account_id = c.account_id)
      GROUP BY c.org_id
    LOOP
      PERFORM account_worth_follow(one.org_id, one.ids);
    END LOOP;
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE account_worth w
       SET qk = NEW.qk, territory_id = NEW.territory_id, owner_id = NEW.owner_id, life_stage = NEW.life_stage,
           category = NEW.category
     WHERE w.org_id = NEW.org_id AND w.account_id = NEW.account_id;
  ELSE
    DELETE FROM account_worth w WHERE w.org_id = OLD.org_id AND w.account_id = OLD.account_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER account_worth_insert AFTER INSERT ON account_map REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION account_worth_place();
CREATE TRIGGER account_worth_update AFTER UPDATE OF qk, territory_id, owner_id, life_stage, category ON account_map
  FOR EACH ROW WHEN ((OLD.qk, OLD.territory_id, OLD.owner_id, OLD.life_stage, OLD.category)
    IS DISTINCT FROM (NEW.qk, NEW.territory_id, NEW.owner_id, NEW.life_stage, NEW.category))
  EXECUTE FUNCTION account_worth_place();
CREATE TRIGGER account_worth_delete AFTER DELETE ON account_map
  FOR EACH ROW EXECUTE FUNCTION account_worth_place();
