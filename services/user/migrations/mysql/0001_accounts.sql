-- Times are milliseconds since the Unix epoch. Ids are ULIDs.
-- MySQL has no transactions around DDL: each statement may run again after a crash between two of them.

-- +goose Up
CREATE TABLE IF NOT EXISTS accounts (
    id            VARCHAR(26)  NOT NULL PRIMARY KEY,
    name          VARCHAR(128) NOT NULL,
    name_key      VARCHAR(128) NOT NULL UNIQUE, -- the name as it is compared: one case, one form
    display_name  VARCHAR(256) NOT NULL,
    email         VARCHAR(254) NOT NULL,
    role          VARCHAR(16)  NOT NULL,
    disabled      BOOLEAN      NOT NULL,
    password      VARCHAR(128) NOT NULL,        -- argon2id, PHC string
    token_version BIGINT       NOT NULL,        -- access tokens below it are void
    operation     VARCHAR(64)  NOT NULL,        -- which request made it
    created_at    BIGINT       NOT NULL,
    updated_at    BIGINT       NOT NULL,
    INDEX accounts_role (role, disabled)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sessions (
    id         VARCHAR(26)  NOT NULL PRIMARY KEY,
    account_id VARCHAR(26)  NOT NULL,
    token_hash VARCHAR(64)  NOT NULL, -- SHA-256 of the one refresh token that is good
    spent_hash VARCHAR(64)  NOT NULL, -- of the one before it …
    operation  VARCHAR(64)  NOT NULL, -- … and the request that spent it
    agent      VARCHAR(255) NOT NULL,
    address    VARCHAR(64)  NOT NULL,
    created_at BIGINT       NOT NULL,
    used_at    BIGINT       NOT NULL,
    expires_at BIGINT       NOT NULL,
    INDEX sessions_account (account_id, id),
    INDEX sessions_expiry (expires_at)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What makes access tokens void before they expire: an ended session, or a new token version of an account.
CREATE TABLE IF NOT EXISTS revocations (
    subject VARCHAR(26) NOT NULL,
    version BIGINT      NOT NULL,
    at      BIGINT      NOT NULL,
    PRIMARY KEY (subject, version),
    INDEX revocations_at (at)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS invites (
    id         VARCHAR(26)  NOT NULL PRIMARY KEY,
    code       VARCHAR(32)  NOT NULL UNIQUE,
    note       VARCHAR(255) NOT NULL,
    uses_left  INTEGER      NOT NULL,
    created_by VARCHAR(26)  NOT NULL,
    created_at BIGINT       NOT NULL,
    expires_at BIGINT       NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS audit_events (
    id      VARCHAR(26)  NOT NULL PRIMARY KEY,
    kind    VARCHAR(32)  NOT NULL,
    account VARCHAR(26)  NOT NULL,
    actor   VARCHAR(26)  NOT NULL,
    address VARCHAR(64)  NOT NULL,
    detail  VARCHAR(255) NOT NULL,
    at      BIGINT       NOT NULL,
    INDEX audit_events_account (account, id),
    INDEX audit_events_kind (kind, id),
    INDEX audit_events_at (at)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Failures that are held against someone: who is an opaque key.
CREATE TABLE IF NOT EXISTS attempts (
    who           VARCHAR(64) NOT NULL PRIMARY KEY,
    failures      INTEGER     NOT NULL,
    blocked_until BIGINT      NOT NULL,
    updated_at    BIGINT      NOT NULL,
    INDEX attempts_updated (updated_at)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Rows that are locked so that rules about many rows are checked by one transaction at a time.
CREATE TABLE IF NOT EXISTS guards (
    name  VARCHAR(128) NOT NULL PRIMARY KEY,
    taken BIGINT       NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT IGNORE INTO guards VALUES ('admins', 0);
