-- Vocabulary that every room's tables use.
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The organisation of the running transaction; NULL (no rows) when nobody set it.
CREATE FUNCTION tuyen_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('app.org_id', true), '')::uuid $$;

-- Lower case without diacritics: "Nguyễn" and "nguyen" fold alike.
CREATE FUNCTION tuyen_fold(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, normalize(t, NFC))) $$;

-- Every update makes a new version; the sync protocol and ETags name it.
CREATE FUNCTION tuyen_bump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.rv := OLD.rv + 1;
  NEW.updated_at := now();
  RETURN NEW;
END $$;

CREATE FUNCTION tuyen_spread24(v bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  v := (v | (v << 16)) & 281470681808895;
  v := (v | (v << 8)) & 71777214294589695;
  v := (v | (v << 4)) & 1085102592571150095;
  v := (v | (v << 2)) & 3689348814741910323;
  RETURN (v | (v << 1)) & 6148914691236517205;
END $$;
CREATE FUNCTION tuyen_world_x(g geometry) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT least(16777215, floor((ST_X(g) + 180) / 360 * 16777216))::int $$;
CREATE FUNCTION tuyen_world_y(g geometry) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
  $$ SELECT floor((1 - ln(tan(radians(ST_Y(g))) + 1 / cos(radians(ST_Y(g)))) / pi()) / 2 * 16777216)::int $$;
