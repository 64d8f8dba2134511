import pg from 'pg';
import { migrate } from '../../activities/store/migrate.js';
import { startEmbeddedPostgres } from '../../stack/postgres.js';
import { TEMPLATE_DATABASE, databaseAt } from './postgres.js';

/**
 * One throwaway Postgres for the whole run, with a migrated database that each test file copies. `LATCHKEY_TEST_PG`
 * names a server to use instead (a DSN that may create databases).
 */
export default async function setup(): Promise<() => Promise<void>> {
  const given = process.env.LATCHKEY_TEST_PG;
  const server = given ? undefined : await startEmbeddedPostgres({ dataDir: null, port: null, persistent: false });
  const dsn = given ?? server?.dsn ?? '';
  const admin = new pg.Client({ connectionString: dsn });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE_DATABASE}`);
  await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await admin.end();
  await migrate(databaseAt(dsn, TEMPLATE_DATABASE));
  process.env.LATCHKEY_TEST_PG = dsn;
  return async () => server?.stop();
}
