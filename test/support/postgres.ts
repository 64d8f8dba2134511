import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createPool } from '../../platform/postgres.js';

/** The migrated, empty database that the others are copies of. */
export const TEMPLATE_DATABASE = 'latchkey_template';

/** A database of one test file's own. */
export interface FreshDatabase {
  dsn: string;
  pool: pg.Pool;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** An empty, migrated database on the run's Postgres. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const admin = process.env.LATCHKEY_TEST_PG;
  if (!admin) throw new Error('LATCHKEY_TEST_PG is not set: test/support/global-setup.ts must run first');
  const name = `latchkey_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(admin, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`));
  const dsn = databaseAt(admin, name);
  const pool = createPool(dsn, { onIdleError: () => undefined });
  return {
    dsn,
    pool,
    async drop() {
      await pool.end();
      await asAdmin(admin, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

/** The same server, another database. */
export function databaseAt(dsn: string, database: string): string {
  const url = new URL(dsn);
  url.pathname = `/${database}`;
  return url.href;
}

async function asAdmin(dsn: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  try {
    // Copies of one template are made one at a time; Postgres refuses the second at once instead of waiting.
    await client.query('SELECT pg_advisory_lock(4433)');
    await work(client);
  } finally {
    await client.end();
  }
}
