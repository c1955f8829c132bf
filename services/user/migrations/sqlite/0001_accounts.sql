-- Times are milliseconds since the Unix epoch. Ids are ULIDs.

-- +goose Up
CREATE TABLE accounts (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL UNIQUE, -- the name as it is compared: one case, one form
    display_name  TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    disabled      BOOLEAN NOT NULL,
    password      TEXT    NOT NULL,        -- argon2id, PHC string
    token_version BIGINT  NOT NULL,        -- access tokens below it are void
    operation     TEXT    NOT NULL,        -- which request made it
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL
);
CREATE INDEX accounts_role ON accounts (role, disabled);

CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    account_id TEXT   NOT NULL,
    token_hash TEXT   NOT NULL, -- SHA-256 of the one refresh token that is good
    spent_hash TEXT   NOT NULL, -- of the one before it …
    operation  TEXT   NOT NULL, -- … and the request that spent it
    agent      TEXT   NOT NULL,
    address    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- What makes access tokens void before they expire: an ended session, or a new token version of an account.
CREATE TABLE revocations (
    subject TEXT   NOT NULL,
    version BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (subject, version)
);
CREATE INDEX revocations_at ON revocations (at);

CREATE TABLE invites (
    id         TEXT    NOT NULL PRIMARY KEY,
    code       TEXT    NOT NULL UNIQUE,
    note       TEXT    NOT NULL,
    uses_left  INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);

CREATE TABLE audit_events (
    id      TEXT   NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    account TEXT   NOT NULL,
    actor   TEXT   NOT NULL,
    address TEXT   NOT NULL,
    detail  TEXT   NOT NULL,
    at      BIGINT NOT NULL
);
CREATE INDEX audit_events_account ON audit_events (account, id);
CREATE INDEX audit_events_kind ON audit_events (kind, id);
CREATE INDEX audit_events_at ON audit_events (at);

-- Failures that are held against someone: who is an opaque key.
CREATE TABLE attempts (
    who           TEXT    NOT NULL PRIMARY KEY,
    failures      INTEGER NOT NULL,
    blocked_until BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL
);
CREATE INDEX attempts_updated ON attempts (updated_at);

-- Rows that are locked so that rules about many rows are checked by one transaction at a time.
CREATE TABLE guards (
    name  TEXT   NOT NULL PRIMARY KEY,
    taken BIGINT NOT NULL
);
INSERT INTO guards VALUES ('admins', 0);
