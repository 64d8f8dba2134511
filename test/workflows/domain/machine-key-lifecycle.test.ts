import { describe, expect, it } from 'vitest';
import { afterKeyEvent, machineKeyState, remindersOf } from '../../../workflows/domain/machine-key-lifecycle.js';
import type { MachineKeyEvent, MachineKeyOutcome } from '../../../workflows/domain/machine-key-lifecycle.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);

describe('the life of a key', () => {
  it.each<[MachineKeyOutcome | null, MachineKeyEvent, MachineKeyOutcome]>([
    [null, 'rotated', 'rotated'],
    [null, 'deadline_passed', 'expired'],
    [null, 'revoke_asked', 'revoked'],
    ['rotated', 'revoke_asked', 'revoked'],
    ['rotated', 'deadline_passed', 'rotated'],
    ['rotated', 'rotated', 'rotated'],
    ['expired', 'revoke_asked', 'expired'],
    ['revoked', 'deadline_passed', 'revoked'],
    ['revoked', 'rotated', 'revoked'],
  ])('from %s by %s to %s', (from, event, to) => {
    expect(afterKeyEvent(from, event)).toBe(to);
  });

  it.each<[MachineKeyOutcome | null, number | null, string]>([
    [null, null, 'active'],
    [null, NOW + 1, 'active'],
    // Nobody has marked it yet; the clock decides.
    [null, NOW, 'expired'],
    ['rotated', NOW + 1, 'retiring'],
    ['rotated', NOW, 'expired'],
    ['expired', null, 'expired'],
    ['expired', NOW + DAY, 'expired'],
    ['revoked', NOW + DAY, 'revoked'],
    ['revoked', NOW - DAY, 'revoked'],
  ])('with outcome %s and end %s it is %3$s', (outcome, expiresAt, state) => {
    expect(machineKeyState({ outcome, expiresAt }, NOW)).toBe(state);
  });
});

describe('reminders', () => {
  it('come 14 days and one day before the end, in this order', () => {
    expect(remindersOf(NOW, NOW + 90 * DAY)).toEqual([
      { days: 14, at: NOW + 76 * DAY },
      { days: 1, at: NOW + 89 * DAY },
    ]);
  });

  it('are fewer for a short life', () => {
    expect(remindersOf(NOW, NOW + 14 * DAY)).toEqual([{ days: 1, at: NOW + 13 * DAY }]);
    expect(remindersOf(NOW, NOW + DAY)).toEqual([]);
  });
});
