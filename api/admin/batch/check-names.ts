import { claimBatchNames, nameKey, takenNames } from '../../../activities/store/batch-names.js';
import type { PersonName } from '../../../activities/store/batch-names.js';
import type { NewBatchRow } from '../../../activities/store/batch-rows.js';
import type { Queryable } from '../../../activities/store/statement.js';

const WORDS: Record<PersonName['kind'], string> = {
  login: 'login name',
  verifiable: 'verifiable address',
  recovery: 'recovery address',
  external_id: 'external id',
  id: 'id',
  person: 'identity',
};

/** A checked row, and the names that nobody else may have. */
export interface NamedRow {
  row: NewBatchRow;
  names: readonly PersonName[];
}

/** Finds good rows bad whose names an earlier row of the upload has; with `amongPeople`, also those that a person has. */
export async function checkNames(db: Queryable, rows: readonly NamedRow[], amongPeople: boolean): Promise<void> {
  const good = rows.filter(({ row }) => row.reason === null);
  if (amongPeople) {
    const taken = await takenNames(
      db,
      good.flatMap(({ names }) => names),
    );
    for (const { row, names } of good) {
      const name = names.find((one) => taken.has(nameKey(one)));
      if (name) row.reason = `another identity has this ${WORDS[name.kind]}`;
    }
  }
  const claims = good
    .filter(({ row }) => row.reason === null)
    .flatMap(({ row, names }) => [...new Set(names.map(nameKey))].map((name) => ({ number: row.number, name })));
  const byNumber = new Map(good.map(({ row }) => [row.number, row]));
  for (const late of await claimBatchNames(db, claims)) {
    const row = byNumber.get(late.number);
    const kind = late.name.slice(0, late.name.indexOf(':')) as PersonName['kind'];
    if (row) row.reason ??= `row ${late.first} has the same ${WORDS[kind]}`;
  }
}
