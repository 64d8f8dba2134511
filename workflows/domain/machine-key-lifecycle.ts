/** How the end of a machine's key came, or was settled. */
export type MachineKeyOutcome =
  /** Another key has taken its place; this one goes on until the overlap is over. */
  'rotated' | 'expired' | 'revoked';

/** What can happen to a key. */
export type MachineKeyEvent = 'rotated' | 'deadline_passed' | 'revoke_asked';

type Row = { readonly [E in MachineKeyEvent]?: MachineKeyOutcome };

/** The life of a key: a row per place in it, a column per event. What is not in the table cannot happen. */
const MACHINE_KEY_LIFECYCLE: { readonly [P in 'open' | MachineKeyOutcome]: Row } = {
  open: { rotated: 'rotated', deadline_passed: 'expired', revoke_asked: 'revoked' },
  rotated: { revoke_asked: 'revoked' },
  expired: {},
  revoked: {},
};

/** The outcome that holds after `event`; the same as before where the event means nothing. Null is an open key. */
export function afterKeyEvent(outcome: MachineKeyOutcome | null, event: MachineKeyEvent): MachineKeyOutcome | null {
  return MACHINE_KEY_LIFECYCLE[outcome ?? 'open'][event] ?? outcome;
}

/** What a key is at a moment. The first two open the admin API. */
export type MachineKeyState = 'active' | 'retiring' | 'expired' | 'revoked';

/** The state of a key. The clock decides, whether or not anybody has marked the key since: times are milliseconds. */
export function machineKeyState(
  key: { outcome: MachineKeyOutcome | null; expiresAt: number | null },
  now: number,
): MachineKeyState {
  if (key.outcome === 'revoked') return 'revoked';
  if (key.outcome === 'expired' || (key.expiresAt !== null && key.expiresAt <= now)) return 'expired';
  return key.outcome === 'rotated' ? 'retiring' : 'active';
}

const DAY_MS = 86_400_000;

/** Days before a key's expiry on which its people are reminded. */
export const REMINDER_DAYS = [14, 1] as const;

/** The reminders that a key gets which starts at `from`, first to last; a short life has fewer. Milliseconds. */
export function remindersOf(from: number, expiresAt: number): { days: number; at: number }[] {
  return REMINDER_DAYS.map((days) => ({ days, at: expiresAt - days * DAY_MS })).filter(({ at }) => at > from);
}
