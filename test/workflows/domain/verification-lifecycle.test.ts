import { describe, expect, it } from 'vitest';
import {
  advanceVerification,
  isVerificationOutcome,
  VERIFICATION_LIFECYCLE,
} from '../../../workflows/domain/verification-lifecycle.js';

describe('the life of a verification', () => {
  it('reaches verified by the right code of a message that was sent, and in no other way', () => {
    const ways = Object.entries(VERIFICATION_LIFECYCLE).flatMap(([phase, row]) =>
      Object.entries(row).flatMap(([event, step]) => (step.to === 'verified' ? [`${phase} ${event}`] : [])),
    );
    expect(ways).toEqual(['sent_email code_right']);
    expect(advanceVerification('choose_method', 'code_right')).toBeNull();
  });

  it.each(['verified', 'expired', 'cancelled', 'exhausted'] as const)('has no way out of %s', (phase) => {
    expect(isVerificationOutcome(phase)).toBe(true);
    expect(advanceVerification(phase, 'address_given')).toBeNull();
    expect(advanceVerification(phase, 'code_right')).toBeNull();
  });

  it('counts codes before any was sent, without leaving the start', () => {
    expect(advanceVerification('choose_method', 'code_wrong')?.to).toBe('choose_method');
    expect(advanceVerification('choose_method', 'attempts_used_up')?.to).toBe('exhausted');
  });
});
