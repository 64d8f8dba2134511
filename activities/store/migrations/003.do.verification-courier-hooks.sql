-- One verification of an address: the challenge of a recovery without what follows it. The workflow `verification/<id>`
-- drives it once an address is known. No code is stored, as in recovery_flows.
CREATE TABLE verification_flows (
  id uuid PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('api', 'browser')),
  method text NOT NULL CHECK (method IN ('code', 'link')),
  state text NOT NULL CHECK (state IN ('choose_method', 'sent_email')),
  outcome text CHECK (outcome IN ('verified', 'expired', 'cancelled', 'exhausted')),
  identity_id uuid REFERENCES identities ON DELETE CASCADE,
  -- What the person typed. Mail goes to the stored verifiable address that equals it, never to this.
  address text,
  csrf_digest bytea,
  request_url text NOT NULL,
  return_to text,
  issue integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  messages jsonb NOT NULL DEFAULT '[]',
  issued_at timestamptz NOT NULL,
  code_lifespan_ms double precision NOT NULL,
  code_expires_at timestamptz,
  expires_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE INDEX verification_flows_identity ON verification_flows (identity_id);
CREATE INDEX verification_flows_unused ON verification_flows (expires_at) WHERE state = 'choose_method';

CREATE TABLE verification_submissions (
  flow_id uuid NOT NULL REFERENCES verification_flows ON DELETE CASCADE,
  submission_id text NOT NULL,
  verdict jsonb NOT NULL,
  judged_at timestamptz NOT NULL,
  PRIMARY KEY (flow_id, submission_id)
);

-- Messages belong to flows of either kind now; an id is that of one flow only.
ALTER TABLE courier_messages DROP CONSTRAINT courier_messages_flow_id_fkey;

-- Each try to deliver a message, for administrators. Never what it says, nor to whom.
CREATE TABLE courier_dispatches (
  id uuid PRIMARY KEY,
  message_id uuid NOT NULL REFERENCES courier_messages ON DELETE CASCADE,
  status text NOT NULL CHECK (status IN ('success', 'failed')),
  reply text,
  created_at timestamptz NOT NULL
);
CREATE INDEX courier_dispatches_message ON courier_dispatches (message_id, created_at DESC);
CREATE INDEX courier_messages_recipient ON courier_messages (recipient, created_at DESC, id DESC);

-- A change in the settings that web hooks are told of. The workflow `settings-hooks/<identity id>` is told of it before
-- the change; the row is written with it.
CREATE TABLE settings_changes (
  id uuid PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  settings_flow_id uuid NOT NULL,
  method text NOT NULL,
  happened_at timestamptz NOT NULL
);
CREATE INDEX settings_changes_identity ON settings_changes (identity_id);

-- The newer recovery (feature_flags.choose_recovery_address): where a flow is before a code is sent. Null in the older.
ALTER TABLE recovery_flows
  ADD COLUMN address_step text
    CHECK (address_step IN ('awaiting_address', 'choosing_address', 'confirming_email', 'confirming_sms', 'done')),
  ADD COLUMN first_address text;
