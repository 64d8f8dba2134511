-- Second factors. What a person is shown and has not confirmed yet stands in the settings flow; all of it is sealed.
ALTER TABLE settings_flows
  ADD COLUMN totp_draft text,
  ADD COLUMN lookup_draft text,
  ADD COLUMN lookup_revealed boolean NOT NULL DEFAULT false;

-- Whose login it is, when somebody who is signed in proves once more, or more, who they are.
ALTER TABLE login_flows ADD COLUMN identity_id uuid REFERENCES identities ON DELETE CASCADE;
CREATE INDEX login_flows_identity ON login_flows (identity_id) WHERE identity_id IS NOT NULL;

-- A changed credential that its owner is told about. The workflow `notice/<id>` starts before the change; the row is
-- written with it.
CREATE TABLE notices (
  id uuid PRIMARY KEY,
  identity_id uuid NOT NULL REFERENCES identities ON DELETE CASCADE,
  kind text NOT NULL,
  happened_at timestamptz NOT NULL
);
CREATE INDEX notices_identity ON notices (identity_id);
