import type { Scope } from '../../schemas/scopes.js';
import type { MachineKeyEvent, MachineKeyOutcome } from '../../workflows/domain/machine-key-lifecycle.js';
import { afterKeyEvent } from '../../workflows/domain/machine-key-lifecycle.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A row of `machine_keys`. */
export interface MachineKey {
  id: string;
  machine_id: string;
  name: string | null;
  /** The first letters of the secret. */
  prefix: string;
  /** SHA-256 of the secret. */
  digest: Buffer;
  scopes: Scope[];
  outcome: MachineKeyOutcome | null;
  /** The key that it took the place of. */
  replaces: string | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
}

/** What a new key starts with. */
export type NewMachineKey = Omit<MachineKey, 'outcome' | 'revoked_at' | 'last_used_at'>;

const insert = statement<MachineKey>(
  'machine-key-insert',
  `INSERT INTO machine_keys (id, machine_id, name, prefix, digest, scopes, replaces, created_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *`,
);

/** Inserts a key and returns it as it now stands. */
export async function insertMachineKey(db: Queryable, key: NewMachineKey): Promise<MachineKey> {
  const { id, machine_id, name, prefix, digest, scopes, replaces, created_at, expires_at } = key;
  const [row] = await insert(db, [id, machine_id, name, prefix, digest, scopes, replaces, created_at, expires_at]);
  if (!row) throw new Error('the key was not inserted');
  return row;
}

const byId = statement<MachineKey>('machine-key-by-id', 'SELECT * FROM machine_keys WHERE id = $1');
const byIdLocked = statement<MachineKey>(
  'machine-key-by-id-locked',
  'SELECT * FROM machine_keys WHERE id = $1 FOR UPDATE',
);

/** The key, or undefined. `lock` holds it until the transaction ends. */
export async function getMachineKey(
  db: Queryable,
  id: string,
  options: { lock?: boolean } = {},
): Promise<MachineKey | undefined> {
  return (await (options.lock ? byIdLocked : byId)(db, [id]))[0];
}

const ofMachine = statement<MachineKey>(
  'machine-keys-of-machine',
  'SELECT * FROM machine_keys WHERE machine_id = $1 ORDER BY created_at DESC, id',
);

/** All keys of a machine, also those that are over, newest first. */
export async function listMachineKeys(db: Queryable, machineId: string): Promise<MachineKey[]> {
  return ofMachine(db, [machineId]);
}

const byDigest = statement<MachineKey & { machine_state: 'active' | 'inactive' }>(
  'machine-key-by-digest',
  `SELECT k.*, i.state AS machine_state FROM machine_keys k JOIN identities i ON i.id = k.machine_id
   WHERE k.digest = $1`,
);

/** The key of a secret's digest, live or over, with the state of its machine. */
export async function findMachineKey(
  db: Queryable,
  digest: Buffer,
): Promise<(MachineKey & { machine_state: 'active' | 'inactive' }) | undefined> {
  return (await byDigest(db, [digest]))[0];
}

const setOutcome = statement<never>(
  'machine-key-outcome',
  'UPDATE machine_keys SET outcome = $2, expires_at = $3, revoked_at = $4 WHERE id = $1',
);

/**
 * Lets `event` happen to a locked key, in memory and in its row. `until` is when a rotated key ends; it never ends later
 * than it would have.
 */
export async function applyKeyEvent(
  db: Queryable,
  key: MachineKey,
  event: MachineKeyEvent,
  at: { now: Date; until?: Date },
): Promise<void> {
  const outcome = afterKeyEvent(key.outcome, event);
  if (outcome === key.outcome) return;
  key.outcome = outcome;
  if (outcome === 'revoked') key.revoked_at = at.now;
  if (outcome === 'rotated' && at.until !== undefined) {
    key.expires_at = key.expires_at !== null && key.expires_at < at.until ? key.expires_at : at.until;
  }
  await setOutcome(db, [key.id, key.outcome, key.expires_at, key.revoked_at]);
}

const used = statement<never>(
  'machine-key-used',
  'UPDATE machine_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)',
);

/** Uses nearer to each other than this are one: a busy key costs a write an hour, not one a request. */
const USE_RECORDED_EVERY_MS = 3_600_000;

/** Records that a key was used, unless a use within the hour is recorded already. */
export async function recordKeyUse(
  db: Queryable,
  key: Pick<MachineKey, 'id' | 'last_used_at'>,
  now: Date,
): Promise<void> {
  const recently = new Date(now.getTime() - USE_RECORDED_EVERY_MS);
  if (key.last_used_at !== null && key.last_used_at > recently) return;
  await used(db, [key.id, now, recently]);
}
