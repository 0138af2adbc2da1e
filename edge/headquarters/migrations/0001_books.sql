-- Books as the shops wrote them, and what is made of them. `json` keeps a body to the byte, and with it the chain.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE shop (
    store    text PRIMARY KEY CHECK (store <> ''),
    nkey     text NOT NULL UNIQUE,
    added_at timestamptz NOT NULL DEFAULT now(),
    has      bigint NOT NULL DEFAULT 0,
    hash     text NOT NULL,
    head     bigint NOT NULL DEFAULT 0,
    heard_at timestamptz,
    issuer   json,
    fork_at  timestamptz,
    fork_why text NOT NULL DEFAULT ''
);

CREATE TABLE entry (
    store    text NOT NULL REFERENCES shop (store),
    seq      bigint NOT NULL CHECK (seq >= 1),
    key      text NOT NULL,
    at_s     double precision NOT NULL,
    kind     text NOT NULL,
    visit    text NOT NULL,
    currency text NOT NULL,
    body     json NOT NULL,
    postings json NOT NULL,
    hash     text NOT NULL CHECK (length(hash) = 64),
    PRIMARY KEY (store, seq)
);
CREATE INDEX entry_by_visit ON entry (store, visit, seq);

-- A visit as it stands now, and what it adds to its day: that is taken off again when it changes.
CREATE TABLE receipt (
    store       text NOT NULL REFERENCES shop (store),
    visit       text NOT NULL,
    at_s        double precision NOT NULL,
    day         date NOT NULL,
    state       text NOT NULL,
    total_minor bigint NOT NULL,
    words       text NOT NULL,
    parts       json NOT NULL,
    PRIMARY KEY (store, visit)
);
CREATE INDEX receipt_by_time ON receipt (at_s DESC);
CREATE INDEX receipt_by_words ON receipt USING gin (words gin_trgm_ops);
CREATE INDEX receipt_in_review ON receipt (store) WHERE state = 'review';

CREATE TABLE roll (
    store        text NOT NULL REFERENCES shop (store),
    day          date NOT NULL,
    what         text NOT NULL,
    name         text NOT NULL,
    n            bigint NOT NULL,
    amount_minor bigint NOT NULL,
    tax_minor    bigint NOT NULL,
    PRIMARY KEY (store, day, what, name)
);
CREATE INDEX roll_by_day ON roll (day, what);

-- What a shop said last of itself. It may be emptied at any time.
CREATE UNLOGGED TABLE status (
    store text PRIMARY KEY,
    at    timestamptz NOT NULL,
    body  jsonb NOT NULL
);
