import { describe, expect, it } from 'vitest';
import {
  INVITE_LIFECYCLE,
  INVITE_STATUSES,
  isOpen,
  reminderTimes,
} from '../../../workflows/domain/invite-lifecycle.js';
import type { InviteEvent } from '../../../workflows/domain/invite-lifecycle.js';

describe('the life of an invite', () => {
  it('can be ended, renewed and accepted at every open status', () => {
    const ends: InviteEvent[] = ['credential_set', 'declined', 'deadline_passed', 'revoke_asked', 'renewed'];
    for (const status of INVITE_STATUSES.filter(isOpen)) {
      for (const event of ends) expect(INVITE_LIFECYCLE[status], status).toHaveProperty(event);
    }
  });

  it('has ends that nothing leads out of, but for renewing what has expired', () => {
    const closed = INVITE_STATUSES.filter((status) => !isOpen(status));
    expect(closed).toEqual(['accepted', 'declined', 'expired', 'revoked']);
    expect(closed.map((status) => Object.keys(INVITE_LIFECYCLE[status]))).toEqual([[], [], ['renewed'], []]);
  });

  it('does not call an invite unopened again because of its mail', () => {
    for (const event of ['mail_taken', 'mail_refused', 'arrival_reported', 'bounce_reported'] as const) {
      expect(INVITE_LIFECYCLE.opened[event]).toBeUndefined();
    }
  });
});

describe('reminders', () => {
  it('come before the deadline, the earliest first, and never in the past', () => {
    expect(reminderTimes(1_000, [100, 500, 2_000], 0)).toEqual([500, 900]);
    expect(reminderTimes(1_000, [100, 500], 500)).toEqual([900]);
    expect(reminderTimes(1_000, [], 0)).toEqual([]);
  });
});
