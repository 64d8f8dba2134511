import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const byId = statement<{ id: string; state: 'active' | 'inactive'; schema_id: string }>(
  'identity-state',
  'SELECT id, state, schema_id FROM identities WHERE id = $1',
);

/** Whether the identity may sign in and recover; undefined when there is none. */
export async function getIdentityState(
  db: Queryable,
  id: string | null,
): Promise<{ id: string; state: 'active' | 'inactive'; schema_id: string } | undefined> {
  return id === null ? undefined : (await byId(db, [id]))[0];
}
