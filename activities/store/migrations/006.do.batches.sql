-- Batches: many invites, imports or recoveries from one upload. An upload is one transaction: it is here as a whole or not
-- at all. The workflow `batch/<id>` walks the rows.
CREATE TABLE batches (
  id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('invite', 'import', 'recover')),
  format text NOT NULL,
  -- ready: checked, and waits to be started.
  state text NOT NULL CHECK (state IN ('ready', 'running', 'paused', 'done', 'cancelled')),
  total integer NOT NULL,
  bad integer NOT NULL,
  -- Milliseconds that a code or invite lives; null: as configured.
  life_ms double precision,
  mails_per_second double precision NOT NULL,
  -- Id of the admin key that made it.
  created_by text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- Since when it runs without a break, and how many rows were finished then: what its speed is reckoned from.
  running_since timestamptz,
  finished_before integer NOT NULL DEFAULT 0,
  -- As counted when it ended; null before.
  done integer,
  failed integer
);
CREATE INDEX batches_newest ON batches (created_at DESC, id DESC);

CREATE TABLE batch_rows (
  batch_id uuid NOT NULL REFERENCES batches ON DELETE CASCADE,
  -- From 1, as they came.
  number integer NOT NULL,
  -- Line of the upload on which it begins; null without an upload.
  line integer,
  state text NOT NULL CHECK (state IN ('pending', 'bad', 'done', 'failed')),
  -- What is to be done; emptied when it is done.
  payload jsonb,
  -- Why it is bad or failed. Never quotes the row.
  reason text,
  -- What it made, or whom it is about. No reference: the report outlives the person.
  identity_id uuid,
  flow_id uuid,
  invite_id uuid,
  attempts integer NOT NULL DEFAULT 0,
  PRIMARY KEY (batch_id, number)
);
CREATE INDEX batch_rows_state ON batch_rows (batch_id, state, number);
