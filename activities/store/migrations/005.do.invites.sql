-- Invites. One row per invite; the workflow `invite/<id>` keeps its clock and mails. Codes are those of its recovery
-- flow in force, and like those are stored nowhere.
CREATE TABLE invites (
  id uuid PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  status text NOT NULL CHECK (
    status IN ('pending', 'sent', 'delivered', 'failed', 'opened', 'accepted', 'declined', 'expired', 'revoked')
  ),
  -- How it came to its status, oldest first: [{"status", "at", "by"}].
  steps jsonb NOT NULL,
  -- The recovery flow in force. Each resending makes a new one.
  flow_id uuid NOT NULL,
  flow_type text NOT NULL CHECK (flow_type IN ('api', 'browser')),
  method text NOT NULL CHECK (method IN ('code', 'link')),
  delivery text NOT NULL CHECK (delivery IN ('email', 'none')),
  -- Where its mails go: one of the identity's addresses.
  address text,
  -- Id of the admin key that made it.
  created_by text,
  locale text,
  return_to text,
  metadata_public jsonb,
  lifespan_ms double precision NOT NULL,
  -- Milliseconds before the deadline.
  reminders_ms double precision[] NOT NULL,
  -- Number of the newest mail that is to go out, and what it is.
  mails integer NOT NULL,
  mail_kind text NOT NULL CHECK (mail_kind IN ('invite', 'reminder')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX invites_newest ON invites (created_at DESC, id DESC);
CREATE INDEX invites_identity ON invites (identity_id);
CREATE INDEX invites_address ON invites (address);
-- A person has one open invite at a time.
CREATE UNIQUE INDEX invites_open_of_identity ON invites (identity_id)
  WHERE status IN ('pending', 'sent', 'delivered', 'failed', 'opened');

ALTER TABLE recovery_flows
  -- The invite that the flow is the code of.
  ADD COLUMN invite_id uuid REFERENCES invites ON DELETE CASCADE,
  -- An administrator's code that is mailed for them.
  ADD COLUMN deliver boolean NOT NULL DEFAULT false;
CREATE INDEX recovery_flows_invite ON recovery_flows (invite_id) WHERE invite_id IS NOT NULL;
