import { ApplicationFailure } from '@temporalio/common';
import type { MailResult } from '../../workflows/ports.js';
import { addressesFor } from '../store/recovery-addresses.js';
import { deliver } from './deliver.js';
import type { Delivery, MailDeps } from './deliver.js';

/**
 * Sends a notice to all addresses of an identity that can be reached: to telephones too, where text messages can be
 * sent. One that refuses does not keep it from the others.
 *
 * @returns `skipped` when there is nobody to send to
 * @throws ApplicationFailure while one is still to be tried again, or when all refuse
 */
export async function deliverToAll(
  deps: MailDeps,
  notice: Omit<Delivery, 'recipient'> & { identityId: string },
): Promise<MailResult> {
  const results: (string | ApplicationFailure)[] = [];
  for (const recipient of await addressesFor(deps.pool, notice.identityId, deps.sms ? ['email', 'sms'] : ['email'])) {
    results.push(await deliver(deps, { ...notice, recipient }).catch(failureOf));
  }
  const failures = results.filter((result) => result instanceof ApplicationFailure);
  const delayed = failures.find(({ nonRetryable }) => !nonRetryable);
  if (delayed) throw delayed;
  if (results.includes('sent')) return 'sent';
  if (failures[0]) throw failures[0];
  return 'skipped';
}

function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  throw error;
}
