-- What the ground is, in hexagons (H3): read from OpenStreetMap or brought in. A layer says where its numbers come
-- from and how they were made; `columns` name the amounts of its cells, all of which are sums.
CREATE TABLE context_layer (
  org_id uuid NOT NULL REFERENCES organisation (id),
  id uuid NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  kind text NOT NULL CHECK (kind IN ('osm', 'own')),
  source text NOT NULL CHECK (source <> ''),
  licence text NOT NULL CHECK (licence <> ''),
  vintage text NOT NULL CHECK (vintage <> ''),
  resolution smallint NOT NULL CONSTRAINT context_layer_resolution_sane CHECK (resolution BETWEEN 1 AND 9),
  columns text[] NOT NULL,
  measures jsonb NOT NULL,
  bounds double precision[] NOT NULL,
  cells integer NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  rv bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  CONSTRAINT context_layer_name_unique UNIQUE (org_id, name)
);
CREATE TRIGGER context_layer_bump BEFORE UPDATE ON context_layer FOR EACH ROW EXECUTE FUNCTION tuyen_bump();

-- The numbers of a coarser cell's own cells are one range, so the primary key finds any part of the map.
CREATE TABLE context_cell (
  org_id uuid NOT NULL,
  layer_id uuid NOT NULL,
  cell bigint NOT NULL,
  amounts double precision[] NOT NULL,
  PRIMARY KEY (org_id, layer_id, cell),
  FOREIGN KEY (org_id, layer_id) REFERENCES context_layer (org_id, id)
);
