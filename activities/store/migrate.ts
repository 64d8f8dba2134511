import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import Postgrator from 'postgrator';
import { configFromProcess } from '../../platform/config/cli.js';
import { createLogger } from '../../platform/logger.js';
import { projectRoot } from '../../platform/paths.js';

/** Held while migrating, so that processes that start together do not migrate twice. Any number, kept for ever. */
const MIGRATION_LOCK = 4433_4434;

/**
 * Brings the database at `dsn` to the newest schema. Migrations are numbered, immutable SQL files; running this again
 * does nothing. Returns the names of those applied now.
 */
export async function migrate(dsn: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const postgrator = new Postgrator({
      migrationPattern: join(projectRoot, 'activities/store/migrations/*.sql'),
      driver: 'pg',
      schemaTable: 'schema_migrations',
      execQuery: (query) => client.query(query),
    });
    const applied = await postgrator.migrate();
    return applied.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

/** Process entry of the migration job: `node dist/activities/store/migrate.js --config FILE`. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { config } = configFromProcess(process.argv.slice(2), process.env, {
    needs: ['dsn'],
    allowMissingSecrets: true,
  });
  const applied = await migrate(config.dsn ?? '');
  createLogger('migrate', config.log).info({ applied }, 'the database is up to date');
}
