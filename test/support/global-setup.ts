import { mkdir, rm } from 'node:fs/promises';
import pg from 'pg';
import { migrate } from '../../activities/store/migrate.js';
import { startEmbeddedPostgres } from '../../stack/postgres.js';
import { startTemporalServer } from '../../stack/temporal.js';
import { bundleWorkflows } from '../../worker/bundle.js';
import { saveHistories } from './histories.js';
import { leftover, LEFTOVERS } from './leftovers.js';
import { databaseAt, TEMPLATE_DATABASE } from './postgres.js';

/**
 * Once for the whole run: a throwaway Postgres with a migrated database that each test file copies, a Temporal server
 * in memory, and the workflow bundle. `LATCHKEY_TEST_PG` names a Postgres to use instead (a DSN that may create
 * databases).
 */
export default async function setup(): Promise<() => Promise<void>> {
  // Test files run in processes of their own and find the folder by this variable.
  const keep = process.env.LATCHKEY_TEST_LEFTOVERS !== undefined;
  process.env.LATCHKEY_TEST_LEFTOVERS = LEFTOVERS;
  await rm(LEFTOVERS, { recursive: true, force: true });
  await mkdir(leftover.logs, { recursive: true });
  const [postgres, temporal] = await Promise.all([
    startPostgres(),
    startTemporalServer({ port: null, uiPort: null, dbFile: null, namespace: 'default', logLevel: 'error' }),
    bundleWorkflows(leftover.bundle),
  ]);
  process.env.LATCHKEY_TEST_PG = postgres.dsn;
  process.env.LATCHKEY_TEST_TEMPORAL = temporal.address;
  return async () => {
    await saveHistories(temporal.address);
    await temporal.stop();
    await postgres.stop();
    if (!keep) await rm(LEFTOVERS, { recursive: true, force: true });
  };
}

async function startPostgres(): Promise<{ dsn: string; stop(): Promise<void> }> {
  const given = process.env.LATCHKEY_TEST_PG;
  const server = given
    ? { dsn: given, stop: async () => undefined }
    : await startEmbeddedPostgres({ dataDir: null, port: null, persistent: false });
  const admin = new pg.Client({ connectionString: server.dsn });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${TEMPLATE_DATABASE}`);
  await admin.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await admin.end();
  await migrate(databaseAt(server.dsn, TEMPLATE_DATABASE));
  return server;
}
