-- How somebody looks at the map, kept by name; shared ones are for the whole organisation.
CREATE TABLE saved_view (
  org_id uuid NOT NULL,
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  is_shared boolean NOT NULL DEFAULT false,
  view jsonb NOT NULL CONSTRAINT saved_view_small CHECK (pg_column_size(view) <= 65536),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, owner_id) REFERENCES app_user (org_id, id)
);
CREATE INDEX saved_view_by_owner ON saved_view (org_id, owner_id);
CREATE TRIGGER saved_view_bump BEFORE UPDATE ON saved_view FOR EACH ROW EXECUTE FUNCTION tuyen_bump();
