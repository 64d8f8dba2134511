import type { Queryable } from './statement.js';
import { statement } from './statement.js';

const byName = statement<{ id: string }>(
  'batch-person-by-name',
  `SELECT id FROM identities WHERE id = $1::uuid
   UNION SELECT identity_id FROM recovery_addresses WHERE via = 'email' AND value = $2
   UNION SELECT identity_id FROM verifiable_addresses WHERE via = 'email' AND value = $2
   UNION SELECT id FROM identities WHERE external_id = $3`,
);

/** The ids of the people whom a row of an upload names, by any of the three. */
export async function findBatchPeople(
  db: Queryable,
  name: { id: string | null; email: string | null; externalId: string | null },
): Promise<string[]> {
  return (await byName(db, [name.id, name.email, name.externalId])).map(({ id }) => id);
}

/** Whom a batch is about; what is null does not narrow it. */
export interface PeopleFilter {
  schemaId: string | null;
  state: 'active' | 'inactive' | null;
  createdFrom: Date | null;
  createdBefore: Date | null;
  emailDomain: string | null;
}

const CHOSEN = `FROM identities i
  WHERE ($1::text IS NULL OR i.schema_id = $1)
    AND ($2::text IS NULL OR i.state = $2)
    AND ($3::timestamptz IS NULL OR i.created_at >= $3)
    AND ($4::timestamptz IS NULL OR i.created_at < $4)
    AND ($5::text IS NULL OR EXISTS (
      SELECT FROM recovery_addresses r
      WHERE r.identity_id = i.id AND r.via = 'email' AND r.value LIKE '%@' || lower($5)))`;
const insertChosen = statement<never>(
  'batch-rows-of-people',
  `INSERT INTO batch_rows (batch_id, number, state, payload, identity_id)
   SELECT $6, $7 + row_number() OVER (ORDER BY chosen.id), 'pending', '{}', chosen.id
   FROM (SELECT i.id ${CHOSEN} AND i.id > $8::uuid ORDER BY i.id LIMIT $9) chosen`,
);
const NO_ID = '00000000-0000-0000-0000-000000000000';
/** Few enough for the time that a statement has. */
const AT_A_TIME = 20_000;

const lastOf = statement<{ number: number; identity_id: string }>(
  'batch-rows-last-person',
  'SELECT number, identity_id FROM batch_rows WHERE batch_id = $1 ORDER BY number DESC LIMIT 1',
);

/** Writes a pending row for everyone whom the filter chooses, `most` + 1 at most. Returns how many there are. */
export async function insertRowsOfPeople(
  db: Queryable,
  batchId: string,
  filter: PeopleFilter,
  most: number,
): Promise<number> {
  const { schemaId, state, createdFrom, createdBefore, emailDomain } = filter;
  let total = 0;
  let after = NO_ID;
  while (total <= most) {
    await insertChosen(db, [
      schemaId,
      state,
      createdFrom,
      createdBefore,
      emailDomain,
      batchId,
      total,
      after,
      AT_A_TIME,
    ]);
    const [last] = await lastOf(db, [batchId]);
    if (!last || last.number === total) return total;
    total = last.number;
    after = last.identity_id;
  }
  return total;
}
