-- Machines: identities without address or password that hold keys to the admin API.
CREATE TABLE machines (
  identity_id uuid PRIMARY KEY REFERENCES identities ON DELETE CASCADE,
  -- The most that its keys may be allowed.
  scopes text[] NOT NULL
);

-- Of the secret only its SHA-256 digest is kept, and its first letters, by which people recognise it.
CREATE TABLE machine_keys (
  id uuid PRIMARY KEY,
  machine_id uuid NOT NULL REFERENCES machines ON DELETE CASCADE,
  name text,
  prefix text NOT NULL,
  digest bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  -- 'rotated' goes on until expires_at; the other two are over.
  outcome text CHECK (outcome IN ('rotated', 'expired', 'revoked')),
  -- The key that it took the place of.
  replaces uuid REFERENCES machine_keys ON DELETE SET NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  -- To the hour: written at most once in that time.
  last_used_at timestamptz
);
CREATE INDEX machine_keys_machine ON machine_keys (machine_id, created_at DESC);
CREATE INDEX machine_keys_replaces ON machine_keys (replaces);
