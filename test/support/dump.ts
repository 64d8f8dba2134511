import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { leftover } from './leftovers.js';

/** Writes every row of every table as a line of JSON, for the look afterwards. */
export async function dumpDatabase(pool: pg.Pool, name: string): Promise<void> {
  const tables = await pool.query<{ tablename: string }>(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
  );
  const lines: string[] = [];
  for (const { tablename } of tables.rows) {
    const { rows } = await pool.query<{ line: string }>(`SELECT to_jsonb(t)::text AS line FROM "${tablename}" t`);
    lines.push(...rows.map(({ line }) => `${tablename}\t${line}`));
  }
  mkdirSync(leftover.dumps, { recursive: true });
  writeFileSync(join(leftover.dumps, `${name}.tsv`), lines.join('\n'));
}
