import { IDENTITY_COLUMNS, identityFromRow } from './identity-rows.js';
import type { Identity, IdentityRow } from './identity-rows.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** Which identities. The filters exclude each other. */
export type IdentityFilter =
  | { by: 'all' }
  | { by: 'ids'; ids: readonly string[] }
  /** Any of these normalised login names; `identifierSpellings` makes them from what was typed. */
  | { by: 'identifier'; identifiers: readonly string[] };

/** A part of a list. `next` is where the following one starts; undefined at the end. */
export interface Page<Item> {
  items: Item[];
  next?: string;
}

const select = `SELECT ${IDENTITY_COLUMNS} FROM identities i WHERE i.id > $1`;
const order = 'ORDER BY i.id LIMIT $2';

const all = statement<IdentityRow>('identities-all', `${select} ${order}`);
const byIds = statement<IdentityRow>('identities-by-ids', `${select} AND i.id = ANY($3::uuid[]) ${order}`);
const byIdentifier = statement<IdentityRow>(
  'identities-by-identifier',
  `${select} AND i.id IN (SELECT identity_id FROM credential_identifiers WHERE identifier = ANY($3::text[])) ${order}`,
);

/** The id before all others: where a list starts. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Identities in the order of their ids, `limit` at most, those after the id `after`. */
export async function listIdentities(
  db: Queryable,
  filter: IdentityFilter,
  page: { after: string; limit: number },
): Promise<Page<Identity>> {
  // One more than asked for tells whether there is a next page.
  const rows = await run(db, filter, [page.after, page.limit + 1]);
  const items = rows.slice(0, page.limit).map(identityFromRow);
  const next = rows.length > page.limit ? items.at(-1)?.id : undefined;
  return next === undefined ? { items } : { items, next };
}

function run(db: Queryable, filter: IdentityFilter, page: [string, number]): Promise<IdentityRow[]> {
  if (filter.by === 'ids') return byIds(db, [...page, filter.ids]);
  if (filter.by === 'identifier') return byIdentifier(db, [...page, filter.identifiers]);
  return all(db, page);
}
