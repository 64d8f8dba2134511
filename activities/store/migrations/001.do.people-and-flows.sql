-- People.
CREATE TABLE identities (
  id uuid PRIMARY KEY,
  schema_id text NOT NULL,
  traits jsonb NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'inactive')),
  state_changed_at timestamptz NOT NULL,
  metadata_public jsonb,
  metadata_admin jsonb,
  external_id text UNIQUE,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

-- config holds the argon2id (or imported) hash of a password, never anything that signs in by itself.
CREATE TABLE credentials (
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  type text NOT NULL,
  identifiers text[] NOT NULL DEFAULT '{}',
  config jsonb NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (identity_id, type)
);

-- One row per normalised identifier: the database itself keeps them unique.
CREATE TABLE credential_identifiers (
  identifier text PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE
);
CREATE INDEX credential_identifiers_identity ON credential_identifiers (identity_id);

CREATE TABLE verifiable_addresses (
  id uuid PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  via text NOT NULL CHECK (via IN ('email', 'sms')),
  value text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'completed')),
  verified_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (via, value)
);
CREATE INDEX verifiable_addresses_identity ON verifiable_addresses (identity_id);

CREATE TABLE recovery_addresses (
  id uuid PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  via text NOT NULL CHECK (via IN ('email', 'sms')),
  value text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (via, value)
);
CREATE INDEX recovery_addresses_identity ON recovery_addresses (identity_id);

-- One recovery. The workflow `recovery/<id>` drives it once an address is known; until then it is only this row.
-- No code is stored, in clear or hashed: codes are derived from the server's key, the id and `issue`.
CREATE TABLE recovery_flows (
  id uuid PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('api', 'browser')),
  origin text NOT NULL CHECK (origin IN ('self', 'admin')),
  method text NOT NULL CHECK (method IN ('code', 'link')),
  state text NOT NULL CHECK (state IN ('choose_method', 'sent_email', 'passed_challenge')),
  outcome text CHECK (outcome IN ('recovered', 'lapsed', 'expired', 'cancelled', 'exhausted')),
  identity_id uuid REFERENCES identities ON DELETE CASCADE,
  -- What the person typed. Mail goes to the stored recovery address that equals it, never to this.
  address text,
  csrf_digest bytea,
  request_url text NOT NULL,
  return_to text,
  issue integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  messages jsonb NOT NULL DEFAULT '[]',
  session_id uuid,
  settings_flow_id uuid,
  issued_at timestamptz NOT NULL,
  code_lifespan_ms double precision NOT NULL,
  code_expires_at timestamptz,
  expires_at timestamptz NOT NULL,
  passed_at timestamptz,
  closed_at timestamptz
);
CREATE INDEX recovery_flows_open_of_identity ON recovery_flows (identity_id) WHERE outcome IS NULL;
CREATE INDEX recovery_flows_unused ON recovery_flows (expires_at) WHERE state = 'choose_method';

-- One row per judged submission: judging the same one again gives the same verdict and counts nothing.
CREATE TABLE recovery_submissions (
  flow_id uuid NOT NULL REFERENCES recovery_flows ON DELETE CASCADE,
  submission_id text NOT NULL,
  verdict jsonb NOT NULL,
  judged_at timestamptz NOT NULL,
  PRIMARY KEY (flow_id, submission_id)
);

-- Wrong submissions in a row, over all flows of one subject: an identity, or the keyed digest of an unknown address,
-- so that both kinds behave alike.
CREATE TABLE attempt_counters (
  subject text PRIMARY KEY,
  failed integer NOT NULL DEFAULT 0,
  held_until timestamptz,
  updated_at timestamptz NOT NULL
);

-- A session opened by a recovery has no token until the client that proved the code claims it; only digests are kept.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  token_digest bytea UNIQUE,
  claimant bytea,
  aal text NOT NULL DEFAULT 'aal1',
  methods jsonb NOT NULL,
  active boolean NOT NULL DEFAULT true,
  devices jsonb NOT NULL DEFAULT '[]',
  recovery_flow_id uuid REFERENCES recovery_flows ON DELETE SET NULL,
  issued_at timestamptz NOT NULL,
  authenticated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_identity ON sessions (identity_id, issued_at DESC);
CREATE INDEX sessions_newest ON sessions (issued_at DESC, id DESC);

CREATE TABLE settings_flows (
  id uuid PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('api', 'browser')),
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('show_form', 'success')),
  request_url text NOT NULL,
  return_to text,
  messages jsonb NOT NULL DEFAULT '[]',
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX settings_flows_identity ON settings_flows (identity_id);

CREATE TABLE login_flows (
  id uuid PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('api', 'browser')),
  refresh boolean NOT NULL DEFAULT false,
  requested_aal text NOT NULL DEFAULT 'aal1',
  csrf_digest bytea,
  request_url text NOT NULL,
  return_to text,
  messages jsonb NOT NULL DEFAULT '[]',
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Mail. Subject and body are not stored: they are rendered when sent.
CREATE TABLE courier_messages (
  id uuid PRIMARY KEY,
  flow_id uuid REFERENCES recovery_flows ON DELETE SET NULL,
  identity_id uuid REFERENCES identities ON DELETE CASCADE,
  -- The same mail asked for again is the same row: flow, template, issue and recipient make it.
  dedup_key text NOT NULL UNIQUE,
  template_type text NOT NULL,
  channel text NOT NULL DEFAULT 'email',
  recipient text NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'processing', 'sent', 'abandoned')),
  send_count integer NOT NULL DEFAULT 0,
  smtp_reply text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX courier_messages_flow ON courier_messages (flow_id);
CREATE INDEX courier_messages_newest ON courier_messages (created_at DESC, id);

-- What a request with an Idempotency-Key made, so that the same request again answers with the same thing.
CREATE TABLE idempotency_keys (
  key_digest bytea PRIMARY KEY,
  request_digest bytea NOT NULL,
  resource_id uuid NOT NULL,
  created_at timestamptz NOT NULL
);

-- Errors shown on the error page of browser flows.
CREATE TABLE shown_errors (
  id uuid PRIMARY KEY,
  error jsonb NOT NULL,
  created_at timestamptz NOT NULL
);
