import { sqlState } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';

const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';

/**
 * Runs a write of identities and turns "somebody else has this name" into a `conflict`. A deadlock is that too: two
 * writers each hold a name that the other one wants. The database's own error holds the name and goes no further.
 */
export async function refusingConflicts<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const state = sqlState(error);
    if (state !== UNIQUE_VIOLATION && state !== DEADLOCK) throw error;
    throw new LatchkeyError('conflict', { reason: reasonOf((error as { constraint?: string }).constraint ?? '') });
  }
}

function reasonOf(constraint: string): string {
  if (constraint.includes('external_id')) return 'external_id: another identity has this external id.';
  if (constraint.startsWith('credential_identifiers')) return 'traits: another identity has this login name.';
  if (constraint.startsWith('verifiable_addresses')) return 'traits: another identity has this verifiable address.';
  if (constraint.startsWith('recovery_addresses')) return 'traits: another identity has this recovery address.';
  return 'Another identity has the same login name or address.';
}

/** Order in which addresses are written: the same for everybody, so that writers wait in line and not for each other. */
export function byPlace(a: { via: string; value: string }, b: { via: string; value: string }): number {
  const [first, second] = [`${a.via}|${a.value}`, `${b.via}|${b.value}`];
  return first < second ? -1 : first > second ? 1 : 0;
}
