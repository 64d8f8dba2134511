import type pg from 'pg';

/** How many rows each table has: what was written at all shows. */
export async function rowCounts(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows: tables } = await pool.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
  );
  const counts = tables.map(
    ({ tablename }) => `SELECT '${tablename}' AS name, count(*)::int AS count FROM "${tablename}"`,
  );
  const { rows } = await pool.query<{ name: string; count: number }>(counts.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
