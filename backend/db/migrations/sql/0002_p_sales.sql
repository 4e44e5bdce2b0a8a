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
