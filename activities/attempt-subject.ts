import type { Keys } from '../platform/keys.js';
import type { RecoveryFlow } from './store/recovery-flows.js';

/**
 * Whose failures a wrong submission counts for: the account, or the keyed digest of an address that no account has.
 * Never anything that the client can choose freely, such as a header.
 */
export function attemptSubject(flow: Pick<RecoveryFlow, 'identity_id' | 'address'>, keys: Keys): string {
  return flow.identity_id !== null ? `identity:${flow.identity_id}` : `address:${keys.addressDigest(flow.address ?? '')}`;
}
