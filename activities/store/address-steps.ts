import type { StoredMessage } from '../../schemas/messages.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** Where a person is in the newer recovery, in which they say where the code goes. */
export type AddressStep = 'awaiting_address' | 'choosing_address' | 'confirming_email' | 'confirming_sms' | 'done';

const set = statement<{ id: string }>(
  'recovery-flow-address-step',
  `UPDATE recovery_flows SET address_step = $2, first_address = $3, messages = coalesce($4::jsonb, messages)
   WHERE id = $1 AND outcome IS NULL AND state <> 'passed_challenge'
   RETURNING id`,
);

/**
 * Takes the flow to a step. Without `messages` those stay that it shows. False when the flow is over.
 */
export async function setAddressStep(
  db: Queryable,
  flowId: string,
  to: { step: AddressStep; firstAddress: string | null; messages?: StoredMessage[] },
): Promise<boolean> {
  const messages = to.messages === undefined ? null : JSON.stringify(to.messages);
  return (await set(db, [flowId, to.step, to.firstAddress, messages])).length > 0;
}
