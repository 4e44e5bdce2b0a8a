-- A phone's store as the first version of the protocol left it: one refused note, one choice, one
-- unsent edit.
BEGIN TRANSACTION;
CREATE TABLE account_base(id TEXT PRIMARY KEY, rv INTEGER, "kind" TEXT, "name" TEXT, "life_stage" TEXT, "category" TEXT, "address" TEXT, "phone" TEXT, "email" TEXT, "website" TEXT, "channel" TEXT, "tags" TEXT, "opening_hours" TEXT, "location" TEXT, "location_source" TEXT, "territory_id" TEXT, "visit_minutes" INTEGER, "priority" INTEGER, "last_visit_at" TEXT, folded TEXT) WITHOUT ROWID;
INSERT INTO "account_base" VALUES('01940000-0000-7000-8000-00000000000a',3,NULL,'Nguyễn Café',NULL,NULL,NULL,'+358401',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'nguyen cafe ');
CREATE TABLE account_mine(id TEXT PRIMARY KEY, rv INTEGER, "kind" TEXT, "name" TEXT, "life_stage" TEXT, "category" TEXT, "address" TEXT, "phone" TEXT, "email" TEXT, "website" TEXT, "channel" TEXT, "tags" TEXT, "opening_hours" TEXT, "location" TEXT, "location_source" TEXT, "territory_id" TEXT, "visit_minutes" INTEGER, "priority" INTEGER, "last_visit_at" TEXT, folded TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
INSERT INTO "account_mine" VALUES('01940000-0000-7000-8000-00000000000a',3,NULL,'Nguyễn Café',NULL,NULL,NULL,'+358401','a@example.com',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'nguyen cafe ',0,1);
CREATE TABLE check_in_base(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "visit_id" TEXT, "rep_id" TEXT, "captured_at" TEXT, "location" TEXT, "accuracy_m" REAL, "is_mock" INTEGER, "voids" TEXT, "distance_m" REAL, "corrected_at" TEXT, "clock_suspect" INTEGER) WITHOUT ROWID;
CREATE TABLE check_in_mine(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "visit_id" TEXT, "rep_id" TEXT, "captured_at" TEXT, "location" TEXT, "accuracy_m" REAL, "is_mock" INTEGER, "voids" TEXT, "distance_m" REAL, "corrected_at" TEXT, "clock_suspect" INTEGER, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE TABLE contact_base(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "full_name" TEXT, "job_title" TEXT, "phone" TEXT, "email" TEXT, "channels" TEXT, "tags" TEXT) WITHOUT ROWID;
CREATE TABLE contact_mine(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "full_name" TEXT, "job_title" TEXT, "phone" TEXT, "email" TEXT, "channels" TEXT, "tags" TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE TABLE draft(
  account_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE issue(
  id TEXT PRIMARY KEY,
  unit TEXT NOT NULL,
  user_id TEXT NOT NULL,
  tbl TEXT NOT NULL,
  rid TEXT NOT NULL,
  account_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  field TEXT NOT NULL,
  mine TEXT NOT NULL,
  theirs TEXT NOT NULL,
  made_at TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  can_use_mine INTEGER NOT NULL,
  closed_at REAL
) WITHOUT ROWID;
INSERT INTO "issue" VALUES('01a201dc-e04f-7259-977e-8d507bbf5ae5:phone','01a201dc-e04f-7259-977e-8d507bbf5ae5','01940000-0000-7000-8000-0000000000aa','account','01940000-0000-7000-8000-00000000000a','01940000-0000-7000-8000-00000000000a','Nguyễn Café','phone','"+358402"','"+358401"','2026-11-22T08:00:00+00:00','conflict','The record was changed on the server in the meantime.',1,NULL);
INSERT INTO "issue" VALUES('01a201dc-e050-73a3-9aac-34c686500081:','01a201dc-e050-73a3-9aac-34c686500081','01940000-0000-7000-8000-0000000000aa','note','01940000-0000-7000-8000-0000000000b1','01940000-0000-7000-8000-00000000000a','Nguyễn Café','','"x"','null','2026-11-22T08:00:00+00:00','no','No.',0,NULL);
CREATE TABLE media_base(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "visit_id" TEXT, "author_id" TEXT, "kind" TEXT, "sha256" TEXT, "size_bytes" INTEGER, "mime" TEXT, "captured_at" TEXT, "state" TEXT) WITHOUT ROWID;
CREATE TABLE media_mine(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "visit_id" TEXT, "author_id" TEXT, "kind" TEXT, "sha256" TEXT, "size_bytes" INTEGER, "mime" TEXT, "captured_at" TEXT, "state" TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('cursor','c1');
INSERT INTO "meta" VALUES('device_id','01940000-0000-7000-8000-0000000000dd');
INSERT INTO "meta" VALUES('last_sync_at','2026-11-22T08:00:00+00:00');
INSERT INTO "meta" VALUES('owner','01940000-0000-7000-8000-0000000000aa');
INSERT INTO "meta" VALUES('pull_number','1');
INSERT INTO "meta" VALUES('schema_hash','0e32110129d2d8bf');
INSERT INTO "meta" VALUES('token','');
CREATE TABLE mutation(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  tbl TEXT NOT NULL,
  rid TEXT NOT NULL,
  account_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  body BLOB NOT NULL,
  made_at TEXT NOT NULL,
  hold_until REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'settled', 'done')),
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at REAL NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  status TEXT,
  code TEXT,
  kept TEXT NOT NULL DEFAULT '[]',
  settled_at REAL,
  settled_pull INTEGER,
  CHECK (state IN ('waiting', 'sending') OR (status IS NOT NULL AND status IN (
    'applied', 'merged', 'conflict', 'duplicate', 'rejected', 'quarantined')))
);
INSERT INTO "mutation" VALUES(1,'01a201dc-e04f-7259-977e-8d507bbf5ae5','01940000-0000-7000-8000-0000000000aa','01a201dc-e04f-7259-977e-8d507bbf5ae5','account','01940000-0000-7000-8000-00000000000a','01940000-0000-7000-8000-00000000000a','Nguyễn Café',X'7B226964223A2230316132303164632D653034662D373235392D393737652D386435303762626635616535222C22736571223A302C226F70223A227061746368222C227461626C65223A226163636F756E74222C22726964223A2230313934303030302D303030302D373030302D383030302D303030303030303030303061222C22626173655F7276223A332C2262617365223A7B2270686F6E65223A222B333538343031227D2C22736574223A7B2270686F6E65223A222B333538343032227D2C226174223A22323032362D31312D32325430383A30303A30305A222C22656C61707365645F6D73223A353030302C22626F6F745F6964223A22626F6F742D31227D','2026-11-22T08:00:00+00:00',0.0,'done',0,0.0,'','conflict','conflict','["phone"]',1795334400.0,1);
INSERT INTO "mutation" VALUES(2,'01a201dc-e050-73a3-9aac-34c686500081','01940000-0000-7000-8000-0000000000aa','01a201dc-e050-73a3-9aac-34c686500081','note','01940000-0000-7000-8000-0000000000b1','01940000-0000-7000-8000-00000000000a','Nguyễn Café',X'7B226964223A2230316132303164632D653035302D373361332D396161632D333463363836353030303831222C22736571223A302C226F70223A22637265617465222C227461626C65223A226E6F7465222C22726964223A2230313934303030302D303030302D373030302D383030302D303030303030303030306231222C22736574223A7B226163636F756E745F6964223A2230313934303030302D303030302D373030302D383030302D303030303030303030303061222C22626F6479223A2278227D2C226174223A22323032362D31312D32325430383A30303A30305A222C22656C61707365645F6D73223A353030302C22626F6F745F6964223A22626F6F742D31227D','2026-11-22T08:00:00+00:00',0.0,'done',0,0.0,'No.','rejected','no','[]',1795334400.0,1);
INSERT INTO "mutation" VALUES(3,'01a201dc-e051-7d85-88da-9ba43c44096e','01940000-0000-7000-8000-0000000000aa','01a201dc-e051-7d85-88da-9ba43c44096e','account','01940000-0000-7000-8000-00000000000a','01940000-0000-7000-8000-00000000000a','Nguyễn Café',X'7B226964223A2230316132303164632D653035312D376438352D383864612D396261343363343430393665222C22736571223A302C226F70223A227061746368222C227461626C65223A226163636F756E74222C22726964223A2230313934303030302D303030302D373030302D383030302D303030303030303030303061222C22626173655F7276223A332C2262617365223A7B22656D61696C223A6E756C6C7D2C22736574223A7B22656D61696C223A2261406578616D706C652E636F6D227D2C226174223A22323032362D31312D32325430383A30303A30305A222C22656C61707365645F6D73223A353030302C22626F6F745F6964223A22626F6F742D31227D','2026-11-22T08:00:00+00:00',0.0,'waiting',0,0.0,'',NULL,NULL,'[]',NULL,NULL);
CREATE TABLE note_base(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "visit_id" TEXT, "author_id" TEXT, "body" TEXT, "captured_at" TEXT, "voids" TEXT) WITHOUT ROWID;
CREATE TABLE note_mine(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "visit_id" TEXT, "author_id" TEXT, "body" TEXT, "captured_at" TEXT, "voids" TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE TABLE route_base(id TEXT PRIMARY KEY, rv INTEGER, "rep_id" TEXT, "on_date" TEXT, "status" TEXT, "profile" TEXT, "is_estimate" INTEGER, "distance_m" INTEGER, "travel_seconds" INTEGER, "starts_at" TEXT, "ends_at" TEXT, "line" TEXT, "stops" TEXT, "dropped" TEXT) WITHOUT ROWID;
CREATE TABLE route_mine(id TEXT PRIMARY KEY, rv INTEGER, "rep_id" TEXT, "on_date" TEXT, "status" TEXT, "profile" TEXT, "is_estimate" INTEGER, "distance_m" INTEGER, "travel_seconds" INTEGER, "starts_at" TEXT, "ends_at" TEXT, "line" TEXT, "stops" TEXT, "dropped" TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE TABLE stage(no INTEGER PRIMARY KEY, page BLOB NOT NULL);
CREATE TABLE taken_draft(
  unit TEXT PRIMARY KEY, account_id TEXT NOT NULL, user_id TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE territory_base(id TEXT PRIMARY KEY, rv INTEGER, "name" TEXT, "code" TEXT, "color" TEXT, "area" TEXT) WITHOUT ROWID;
CREATE TABLE territory_mine(id TEXT PRIMARY KEY, rv INTEGER, "name" TEXT, "code" TEXT, "color" TEXT, "area" TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE TABLE upload(
  media_id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  account_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  made_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'sending', 'stored', 'refused')),
  url TEXT NOT NULL DEFAULT '',
  sent_bytes INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at REAL NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  stored_at REAL
) WITHOUT ROWID;
CREATE TABLE visit_base(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "rep_id" TEXT, "route_id" TEXT, "status" TEXT, "planned_on" TEXT, "planned_at" TEXT, "sequence" INTEGER, "outcome" TEXT, "checked_in_at" TEXT, "done_at" TEXT) WITHOUT ROWID;
CREATE TABLE visit_mine(id TEXT PRIMARY KEY, rv INTEGER, "account_id" TEXT, "rep_id" TEXT, "route_id" TEXT, "status" TEXT, "planned_on" TEXT, "planned_at" TEXT, "sequence" INTEGER, "outcome" TEXT, "checked_in_at" TEXT, "done_at" TEXT, is_deleted INTEGER NOT NULL, is_pending INTEGER NOT NULL);
CREATE INDEX mutation_record ON mutation(tbl, rid, seq) WHERE state <> 'done';
CREATE INDEX mutation_unit ON mutation(unit);
CREATE INDEX contact_base_account_id ON contact_base(account_id);
CREATE INDEX contact_mine_account_id ON contact_mine(account_id);
CREATE INDEX route_base_on_date ON route_base(on_date);
CREATE INDEX route_mine_on_date ON route_mine(on_date);
CREATE INDEX visit_base_account_id ON visit_base(account_id);
CREATE INDEX visit_mine_account_id ON visit_mine(account_id);
CREATE INDEX check_in_base_account_id ON check_in_base(account_id);
CREATE INDEX check_in_base_visit_id ON check_in_base(visit_id);
CREATE INDEX check_in_mine_account_id ON check_in_mine(account_id);
CREATE INDEX check_in_mine_visit_id ON check_in_mine(visit_id);
CREATE INDEX note_base_account_id ON note_base(account_id);
CREATE INDEX note_base_visit_id ON note_base(visit_id);
CREATE INDEX note_mine_account_id ON note_mine(account_id);
CREATE INDEX note_mine_visit_id ON note_mine(visit_id);
CREATE INDEX media_base_account_id ON media_base(account_id);
CREATE INDEX media_base_visit_id ON media_base(visit_id);
CREATE INDEX media_mine_account_id ON media_mine(account_id);
CREATE INDEX media_mine_visit_id ON media_mine(visit_id);
CREATE VIEW territory AS SELECT id, rv, "name", "code", "color", "area", 0 AS is_pending FROM territory_base b WHERE NOT EXISTS (SELECT 1 FROM territory_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "name", "code", "color", "area", is_pending FROM territory_mine WHERE NOT is_deleted;
CREATE VIEW account AS SELECT id, rv, "kind", "name", "life_stage", "category", "address", "phone", "email", "website", "channel", "tags", "opening_hours", "location", "location_source", "territory_id", "visit_minutes", "priority", "last_visit_at", "folded", 0 AS is_pending FROM account_base b WHERE NOT EXISTS (SELECT 1 FROM account_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "kind", "name", "life_stage", "category", "address", "phone", "email", "website", "channel", "tags", "opening_hours", "location", "location_source", "territory_id", "visit_minutes", "priority", "last_visit_at", "folded", is_pending FROM account_mine WHERE NOT is_deleted;
CREATE VIEW contact AS SELECT id, rv, "account_id", "full_name", "job_title", "phone", "email", "channels", "tags", 0 AS is_pending FROM contact_base b WHERE NOT EXISTS (SELECT 1 FROM contact_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "account_id", "full_name", "job_title", "phone", "email", "channels", "tags", is_pending FROM contact_mine WHERE NOT is_deleted;
CREATE VIEW route AS SELECT id, rv, "rep_id", "on_date", "status", "profile", "is_estimate", "distance_m", "travel_seconds", "starts_at", "ends_at", "line", "stops", "dropped", 0 AS is_pending FROM route_base b WHERE NOT EXISTS (SELECT 1 FROM route_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "rep_id", "on_date", "status", "profile", "is_estimate", "distance_m", "travel_seconds", "starts_at", "ends_at", "line", "stops", "dropped", is_pending FROM route_mine WHERE NOT is_deleted;
CREATE VIEW visit AS SELECT id, rv, "account_id", "rep_id", "route_id", "status", "planned_on", "planned_at", "sequence", "outcome", "checked_in_at", "done_at", 0 AS is_pending FROM visit_base b WHERE NOT EXISTS (SELECT 1 FROM visit_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "account_id", "rep_id", "route_id", "status", "planned_on", "planned_at", "sequence", "outcome", "checked_in_at", "done_at", is_pending FROM visit_mine WHERE NOT is_deleted;
CREATE VIEW check_in AS SELECT id, rv, "account_id", "visit_id", "rep_id", "captured_at", "location", "accuracy_m", "is_mock", "voids", "distance_m", "corrected_at", "clock_suspect", 0 AS is_pending FROM check_in_base b WHERE NOT EXISTS (SELECT 1 FROM check_in_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "account_id", "visit_id", "rep_id", "captured_at", "location", "accuracy_m", "is_mock", "voids", "distance_m", "corrected_at", "clock_suspect", is_pending FROM check_in_mine WHERE NOT is_deleted;
CREATE VIEW note AS SELECT id, rv, "account_id", "visit_id", "author_id", "body", "captured_at", "voids", 0 AS is_pending FROM note_base b WHERE NOT EXISTS (SELECT 1 FROM note_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "account_id", "visit_id", "author_id", "body", "captured_at", "voids", is_pending FROM note_mine WHERE NOT is_deleted;
CREATE VIEW media AS SELECT id, rv, "account_id", "visit_id", "author_id", "kind", "sha256", "size_bytes", "mime", "captured_at", "state", 0 AS is_pending FROM media_base b WHERE NOT EXISTS (SELECT 1 FROM media_mine m WHERE m.id = b.id) UNION ALL SELECT id, rv, "account_id", "visit_id", "author_id", "kind", "sha256", "size_bytes", "mime", "captured_at", "state", is_pending FROM media_mine WHERE NOT is_deleted;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('mutation',3);
COMMIT;
