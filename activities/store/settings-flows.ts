import type { StoredMessage } from '../../schemas/messages.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `settings_flows`. */
export interface SettingsFlow {
  id: string;
  type: 'api' | 'browser';
  identity_id: string;
  state: 'show_form' | 'success';
  request_url: string;
  return_to: string | null;
  messages: StoredMessage[];
  /** Sealed: the TOTP secret that the person is shown and has not confirmed. */
  totp_draft: string | null;
  /** Sealed: backup codes that the person is shown and has not confirmed. */
  lookup_draft: string | null;
  /** True: the person asked to see the backup codes in force. */
  lookup_revealed: boolean;
  issued_at: Date;
  expires_at: Date;
}

const insert = statement<never>(
  'settings-flow-insert',
  `INSERT INTO settings_flows (id, type, identity_id, state, request_url, return_to, messages, issued_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

/** What a new settings flow starts with. */
export type NewSettingsFlow = Omit<SettingsFlow, 'totp_draft' | 'lookup_draft' | 'lookup_revealed'>;

/** Inserts a settings flow and returns it as it now stands. */
export async function insertSettingsFlow(db: Queryable, flow: NewSettingsFlow): Promise<SettingsFlow> {
  await insert(db, [
    flow.id,
    flow.type,
    flow.identity_id,
    flow.state,
    flow.request_url,
    flow.return_to,
    JSON.stringify(flow.messages),
    flow.issued_at,
    flow.expires_at,
  ]);
  return { ...flow, totp_draft: null, lookup_draft: null, lookup_revealed: false };
}

const byId = statement<SettingsFlow>('settings-flow-by-id', 'SELECT * FROM settings_flows WHERE id = $1');

/** The flow, or undefined. */
export async function getSettingsFlow(db: Queryable, id: string): Promise<SettingsFlow | undefined> {
  return (await byId(db, [id]))[0];
}

const update = statement<never>(
  'settings-flow-update',
  'UPDATE settings_flows SET state = $2, messages = $3 WHERE id = $1',
);

/** Keeps what the form shows next. */
export async function saveSettingsFlow(db: Queryable, flow: SettingsFlow): Promise<void> {
  await update(db, [flow.id, flow.state, JSON.stringify(flow.messages)]);
}

const keepDraft = statement<{ totp_draft: string }>(
  'settings-flow-totp-draft',
  'UPDATE settings_flows SET totp_draft = coalesce(totp_draft, $2) WHERE id = $1 RETURNING totp_draft',
);

/** Keeps a sealed TOTP secret until it is confirmed. Returns the one that holds: of two at once, the first. */
export async function keepTotpDraft(db: Queryable, id: string, sealed: string): Promise<string> {
  return (await keepDraft(db, [id, sealed]))[0]?.totp_draft ?? sealed;
}

const dropDraft = statement<never>(
  'settings-flow-totp-draft-drop',
  'UPDATE settings_flows SET totp_draft = NULL WHERE id = $1',
);

/** Forgets the TOTP secret: it is confirmed. */
export async function dropTotpDraft(db: Queryable, id: string): Promise<void> {
  await dropDraft(db, [id]);
}

const lookups = statement<never>(
  'settings-flow-lookup',
  'UPDATE settings_flows SET lookup_draft = $2, lookup_revealed = $3 WHERE id = $1',
);

/** Keeps what the flow shows of backup codes: sealed new ones, those in force, or nothing. */
export async function saveShownLookupSecrets(
  db: Queryable,
  id: string,
  shown: Pick<SettingsFlow, 'lookup_draft' | 'lookup_revealed'>,
): Promise<void> {
  await lookups(db, [id, shown.lookup_draft, shown.lookup_revealed]);
}
