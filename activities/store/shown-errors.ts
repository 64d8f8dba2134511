import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../schemas/json.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const insert = statement<never>(
  'shown-error-insert',
  'INSERT INTO shown_errors (id, error, created_at) VALUES ($1, $2, $3)',
);
const byId = statement<{ error: JsonObject }>('shown-error-by-id', 'SELECT error FROM shown_errors WHERE id = $1');

/** Keeps an error for the error page of a browser. Returns its id. */
export async function keepShownError(db: Queryable, error: unknown, now: Date): Promise<string> {
  const id = randomUUID();
  await insert(db, [id, JSON.stringify(error), now]);
  return id;
}

/** A kept error, or undefined. */
export async function getShownError(db: Queryable, id: string): Promise<JsonObject | undefined> {
  return (await byId(db, [id]))[0]?.error;
}
