import type { JsonObject, JsonValue } from '../../schemas/json.js';
import type { Scope } from '../../schemas/scopes.js';
import type { Page } from './identity-list.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A machine: its identity, and what its keys may be allowed at most. */
export interface Machine {
  id: string;
  traits: JsonObject;
  state: 'active' | 'inactive';
  metadata_admin: JsonValue;
  created_at: Date;
  updated_at: Date;
  scopes: Scope[];
  /** Keys that open the admin API at the moment asked for. */
  usable_keys: number;
}

const insert = statement<never>('machine-insert', 'INSERT INTO machines (identity_id, scopes) VALUES ($1, $2)');

/** Makes an identity a machine. */
export async function insertMachine(db: Queryable, identityId: string, scopes: readonly Scope[]): Promise<void> {
  await insert(db, [identityId, scopes]);
}

const columns = `i.id, i.traits, i.state, i.metadata_admin, i.created_at, i.updated_at, m.scopes,
  (SELECT count(*)::int FROM machine_keys k
   WHERE k.machine_id = i.id AND (k.outcome IS NULL OR k.outcome = 'rotated')
     AND (k.expires_at IS NULL OR k.expires_at > $1)) AS usable_keys`;
const from = 'FROM machines m JOIN identities i ON i.id = m.identity_id';

const byId = statement<Machine>('machine-by-id', `SELECT ${columns} ${from} WHERE i.id = $2`);

const byIdHeld = statement<Machine>('machine-by-id-held', `SELECT ${columns} ${from} WHERE i.id = $2 FOR SHARE OF m`);

/** The machine, or undefined; a person is none. `lock` keeps it from being deleted until the transaction ends. */
export async function getMachine(
  db: Queryable,
  id: string,
  now: Date,
  options: { lock?: boolean } = {},
): Promise<Machine | undefined> {
  return (await (options.lock ? byIdHeld : byId)(db, [now, id]))[0];
}

const all = statement<Machine>('machines-all', `SELECT ${columns} ${from} WHERE i.id > $2 ORDER BY i.id LIMIT $3`);

/** Machines in the order of their ids, `limit` at most, those after the id `after`. */
export async function listMachines(
  db: Queryable,
  page: { after: string; limit: number },
  now: Date,
): Promise<Page<Machine>> {
  // One more than asked for tells whether there is a next page.
  const rows = await all(db, [now, page.after, page.limit + 1]);
  const items = rows.slice(0, page.limit);
  const next = rows.length > page.limit ? items.at(-1)?.id : undefined;
  return next === undefined ? { items } : { items, next };
}
