/** The steps from an empty database to the newest one. Never change one that was published: add another. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE captures (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, uploaded_at TEXT NOT NULL,
    owner TEXT NOT NULL, owner_name TEXT NOT NULL, notes TEXT NOT NULL DEFAULT '') STRICT;
  CREATE INDEX captures_by_sha256 ON captures (sha256);
  CREATE INDEX captures_by_time ON captures (uploaded_at);
  CREATE INDEX captures_by_owner ON captures (owner, uploaded_at);

  -- One for each file, however often it was uploaded.
  CREATE TABLE analyses (
    sha256 TEXT PRIMARY KEY, state TEXT NOT NULL, queued INTEGER NOT NULL, owner TEXT NOT NULL, generator TEXT,
    error_code TEXT, error_message TEXT, summary TEXT) STRICT;
  CREATE INDEX analyses_by_state ON analyses (state, queued);

  CREATE TABLE groups (
    sha256 TEXT NOT NULL, server TEXT NOT NULL, client TEXT NOT NULL, fate TEXT NOT NULL, cause TEXT NOT NULL,
    sessions INTEGER NOT NULL) STRICT;
  CREATE INDEX groups_by_sha256 ON groups (sha256);
  CREATE INDEX groups_by_server ON groups (server);

  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
    revoked_at TEXT) STRICT;

  CREATE TABLE audit (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, who_name TEXT NOT NULL, what TEXT NOT NULL,
    capture TEXT, detail TEXT) STRICT;
  `,
];
