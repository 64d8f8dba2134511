import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** Makes room, for this transaction, to note which row of an upload has which name. */
export async function openBatchNames(db: Queryable): Promise<void> {
  await db.query('CREATE TEMPORARY TABLE batch_names (name text PRIMARY KEY, number integer NOT NULL) ON COMMIT DROP');
}

const claim = statement<{ number: number; name: string; first: number }>(
  'batch-names-claim',
  `WITH wanted AS (
     SELECT name, number FROM unnest($1::text[], $2::integer[]) AS w(name, number)
   ), added AS (
     INSERT INTO batch_names SELECT DISTINCT ON (name) name, number FROM wanted ORDER BY name, number
     ON CONFLICT DO NOTHING RETURNING name, number
   )
   SELECT w.number, w.name, coalesce(b.number, a.number) AS first
   FROM wanted w LEFT JOIN batch_names b USING (name) LEFT JOIN added a USING (name)
   WHERE coalesce(b.number, a.number) <> w.number ORDER BY w.number, w.name`,
);

/** A name that a row of the upload must be alone with. */
export interface RowName {
  number: number;
  name: string;
}

/** Claims names for their rows; returns the claims that come too late, with the row that was first. */
export function claimBatchNames(db: Queryable, names: readonly RowName[]): Promise<(RowName & { first: number })[]> {
  return claim(db, [names.map(({ name }) => name), names.map(({ number }) => number)]);
}

/** A name that one person only may have; `person`: the id of one who exists, whom one row only may be about. */
export interface PersonName {
  kind: 'login' | 'verifiable' | 'recovery' | 'external_id' | 'id' | 'person';
  /** Of an address: `email` or `sms`. */
  via?: string;
  value: string;
}

/** A name as one text. */
export function nameKey({ kind, via, value }: PersonName): string {
  return [kind, ...(via === undefined ? [] : [via]), value].join(':');
}

const taken = statement<{ name: string }>(
  'batch-names-taken',
  `SELECT 'login:' || identifier AS name FROM credential_identifiers WHERE identifier = ANY($1::text[])
   UNION ALL
   SELECT 'verifiable:' || via || ':' || value FROM verifiable_addresses
   WHERE via IN ('email', 'sms') AND value = ANY($2::text[])
   UNION ALL
   SELECT 'recovery:' || via || ':' || value FROM recovery_addresses
   WHERE via IN ('email', 'sms') AND value = ANY($3::text[])
   UNION ALL
   SELECT 'external_id:' || external_id FROM identities WHERE external_id = ANY($4::text[])
   UNION ALL
   SELECT 'id:' || id FROM identities WHERE id = ANY($5::uuid[])`,
);

/** Which of the names somebody has already, as `nameKey` writes them. */
export async function takenNames(db: Queryable, names: readonly PersonName[]): Promise<Set<string>> {
  const of = (kind: PersonName['kind']): string[] =>
    names.filter((name) => name.kind === kind).map(({ value }) => value);
  const rows = await taken(db, [of('login'), of('verifiable'), of('recovery'), of('external_id'), of('id')]);
  return new Set(rows.map(({ name }) => name));
}
