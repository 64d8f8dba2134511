import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `settings_changes`: a change that web hooks are told of. */
export interface SettingsChange {
  id: string;
  identity_id: string;
  settings_flow_id: string;
  /** Kratos' method, such as `password`. */
  method: string;
  happened_at: Date;
}

const insert = statement<never>(
  'settings-change-insert',
  'INSERT INTO settings_changes (id, identity_id, settings_flow_id, method, happened_at) VALUES ($1, $2, $3, $4, $5)',
);

/** Writes down what changed, in the transaction that changes it. */
export async function insertSettingsChange(db: Queryable, change: SettingsChange): Promise<void> {
  const { id, identity_id: identityId, settings_flow_id: flowId, method, happened_at: at } = change;
  await insert(db, [id, identityId, flowId, method, at]);
}

const byId = statement<SettingsChange>('settings-change-by-id', 'SELECT * FROM settings_changes WHERE id = $1');

/** The change, or undefined: it was not made (yet), or the account is gone. */
export async function getSettingsChange(db: Queryable, id: string): Promise<SettingsChange | undefined> {
  return (await byId(db, [id]))[0];
}
