/** The activities that the workflow `machineKey` asks for. */
import type { MachineKeyEvent, MachineKeyOutcome } from './domain/machine-key-lifecycle.js';
import type { MailResult } from './ports.js';

/** Short Postgres steps: one idempotent transaction each, run as local activities. */
export interface MachineKeySteps {
  /**
   * Lets `event` happen to the key; null only looks. Returns the outcome that now holds, whoever settled it: null is an
   * open key, and a deleted one counts as revoked.
   */
  settleMachineKey(input: { keyId: string; event: MachineKeyEvent | null }): Promise<MachineKeyOutcome | null>;
}

/** Mail jobs: regular activities on the mail task queue. */
export interface MachineKeyMails {
  /** Reminds the operators, if they gave an address for it, that the key expires. Skips a key that is settled. */
  sendKeyReminder(input: { keyId: string; days: number }): Promise<MailResult>;
}
