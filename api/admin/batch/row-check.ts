import type { PersonName } from '../../../activities/store/batch-names.js';
import type { NewBatchRow } from '../../../activities/store/batch-rows.js';
import type { Queryable } from '../../../activities/store/statement.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { JsonObject } from '../../../schemas/json.js';
import { checkNames } from './check-names.js';
import type { NamedRow } from './check-names.js';
import type { SourceRow } from './source-rows.js';

/** What a good row asks for. */
export interface GoodRow {
  payload: JsonObject;
  identityId: string | null;
  /** What no other row may have. */
  names: readonly PersonName[];
}

/** How the rows of one kind of batch are checked. */
export interface RowCheck {
  /** @throws LatchkeyError bad_request when these columns will not do */
  columns(names: readonly string[]): void;
  /** True: nobody who exists may have a row's names. */
  alone: boolean;
  /** @throws LatchkeyError saying what is wrong with the row */
  row(source: SourceRow, db: Queryable): Promise<GoodRow>;
}

/** Checks rows; `first` is the number of the first of them. */
export async function checkRows(
  db: Queryable,
  check: RowCheck,
  sources: readonly SourceRow[],
  first: number,
): Promise<NewBatchRow[]> {
  const rows: NamedRow[] = [];
  for (const [at, source] of sources.entries()) rows.push(await checkRow(db, check, source, first + at));
  await checkNames(db, rows, check.alone);
  return rows.map(({ row }) => row);
}

async function checkRow(db: Queryable, check: RowCheck, source: SourceRow, number: number): Promise<NamedRow> {
  const { line } = source;
  const bad = (reason: string): NamedRow => ({
    row: { number, line, payload: null, reason, identity_id: null },
    names: [],
  });
  if (source.problem !== undefined) return bad(source.problem);
  try {
    const { payload, identityId, names } = await check.row(source, db);
    return { row: { number, line, payload, reason: null, identity_id: identityId }, names };
  } catch (error) {
    if (error instanceof LatchkeyError && error.status < 500) return bad(error.message);
    throw error;
  }
}
