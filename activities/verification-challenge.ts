import { viaOf } from '../platform/addresses.js';
import type { VerificationOutcome } from '../workflows/domain/verification-lifecycle.js';
import { only } from './challenge.js';
import type { Challenge } from './challenge.js';
import { judgementsIn } from './store/judgements.js';
import { findVerifiableAddress, markAddressVerified } from './store/verifiable-addresses.js';
import { verificationStore } from './store/verification-flows.js';
import type { VerificationFlow } from './store/verification-flows.js';

/** Verifications. The right code marks the address verified, for as long as it is the person's. */
export const verificationChallenge: Challenge<VerificationFlow, object, VerificationOutcome> = {
  name: 'verification',
  store: verificationStore,
  judgements: judgementsIn('verification_submissions'),
  hasPassed: (flow) => flow.outcome === 'verified',
  async pass(db, _deps, flow, identityId, now) {
    const address = flow.address ?? '';
    const stored = await findVerifiableAddress(db, viaOf(address), address);
    // Taken out of the account since the code was sent.
    const event = stored?.identity_id === identityId ? 'code_right' : 'cancel_asked';
    const step = verificationStore.step(flow, event, now);
    if (step) flow.messages = event === 'code_right' ? [{ message: 'verification_done' }] : [];
    await verificationStore.save(db, flow);
    if (flow.outcome !== 'verified') return only({ kind: 'closed', outcome: 'cancelled' });
    await markAddressVerified(db, identityId, address, now);
    return only({ kind: 'passed' });
  },
  ended: async () => undefined,
};
