import type pg from 'pg';

/** Anything that runs a query: the pool, or one client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/**
 * A named, prepared SQL statement. `Row` is what it returns; each call gives the rows.
 *
 * The name must be unique over the whole store: Postgres keeps the plan per connection under it.
 */
export function statement<Row extends pg.QueryResultRow>(name: string, text: string) {
  return async (db: Queryable, values: readonly unknown[] = []): Promise<Row[]> => {
    const result = await db.query<Row>({ name, text, values: [...values] });
    return result.rows;
  };
}
