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
  issued_at: Date;
  expires_at: Date;
}

const insert = statement<never>(
  'settings-flow-insert',
  `INSERT INTO settings_flows (id, type, identity_id, state, request_url, return_to, messages, issued_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

/** Inserts a settings flow. */
export async function insertSettingsFlow(db: Queryable, flow: SettingsFlow): Promise<void> {
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
