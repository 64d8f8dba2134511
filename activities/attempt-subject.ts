import type { Keys } from '../platform/keys.js';
import type { ChallengeFlow } from './store/challenge-flows.js';

/**
 * Whose failures a wrong submission counts for: the account, or the keyed digest of an address that no account has.
 * Never anything that the client can choose freely, such as a header. Verifications count for themselves, so that nobody
 * can hold a person's recovery by them.
 */
export function attemptSubject(
  flow: Pick<ChallengeFlow, 'identity_id' | 'address'>,
  keys: Keys,
  kind: 'recovery' | 'verification',
): string {
  const who =
    flow.identity_id !== null ? `identity:${flow.identity_id}` : `address:${keys.addressDigest(flow.address ?? '')}`;
  return kind === 'recovery' ? who : `${kind}:${who}`;
}
