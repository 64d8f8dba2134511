import type { StoredMessage } from '../../schemas/messages.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const set = statement<never>('recovery-flow-messages', 'UPDATE recovery_flows SET messages = $2 WHERE id = $1');

/** Keeps what the flow's page shows next. */
export async function saveFlowMessages(db: Queryable, flowId: string, messages: StoredMessage[]): Promise<void> {
  await set(db, [flowId, JSON.stringify(messages)]);
}
