import { inWords, letter, minuteOf } from './templates.js';
import type { RenderedMail } from './templates.js';

/** What a reminder says of a key. */
export interface KeyReminderValues {
  /** Its machine's name. */
  machine: string;
  machineId: string;
  keyId: string;
  name: string;
  /** The first letters of the secret. */
  prefix: string;
  leftMs: number;
  expiresAt: Date;
}

/** Reminds operators of a machine's key that is about to expire. */
export function machineKeyReminderMail(values: KeyReminderValues): RenderedMail {
  const { machine, machineId, keyId, name, prefix } = values;
  return letter(`A key of the machine "${machine}" expires in ${inWords(values.leftMs)}`, [
    `The key "${name}" (${prefix}…) of the machine "${machine}" works until ${minuteOf(values.expiresAt)}. After that, whatever uses it is locked out of the admin API.`,
    'Make its successor now. The old key goes on working for a day, or for as long as you say with --overlap:',
    `latchkey keys rotate ${machineId} ${keyId}`,
    'If nothing uses this key any more, nothing needs doing.',
  ]);
}
