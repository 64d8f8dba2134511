import pg from 'pg';

/** How long a request waits for a connection before it is answered with 503. */
const CONNECT_TIMEOUT_MS = 3_000;
/** No statement here takes long; one that does is stuck behind a lock, and its caller is better served by an error. */
const STATEMENT_TIMEOUT_MS = 8_000;
/** Whoever asks whether the database is well does not wait as long as one who needs it. */
const PING_TIMEOUT_MS = 2_000;

/**
 * A connection pool. A connection that breaks while idle is reported to `onIdleError` and replaced on demand; it never
 * ends the process.
 */
export function createPool(dsn: string, options: { max?: number; onIdleError: (error: Error) => void }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: dsn,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 1_000,
    idleTimeoutMillis: 60_000,
    application_name: 'latchkey',
  });
  pool.on('error', options.onIdleError);
  // A connection that breaks while in use tells its user by failing their query. Without a listener of its own, the
  // same news would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Resolves when the database answers. @throws when it does not, soon. */
export async function ping(pool: pg.Pool): Promise<void> {
  // The time-out is pg's own, and missing from its types.
  const query: pg.QueryConfig & { query_timeout: number } = { text: 'SELECT 1', query_timeout: PING_TIMEOUT_MS };
  await pool.query(query);
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that gives no answer is closed, which rolls back too: asking it to would be waiting once more.
    if (isConnectionLost(error)) broken = error;
    else await client.query('ROLLBACK').catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** SQLSTATE of a Postgres error, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** True when the error says that the database is away or overloaded, not that the query was wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (isConnectionLost(error)) return true;
  // 08 connection, 28 and 3D a login or database that it does not (yet) know, 40 rolled back in favour of another
  // transaction, 53 resources, 57 operator intervention (shutdown, starting up, statement timeout), 25006 read only.
  const state = sqlState(error) ?? '';
  return /^(08|28|3D|40|53|57)/.test(state) || state === '25006';
}

/** True when there is no connection (any more), as opposed to an error that the database itself reports. */
function isConnectionLost(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof pg.DatabaseError) return false;
  const code = (error as { code?: string }).code ?? '';
  if (/^(ECONN|EHOST|ENET|EPIPE|ENOTFOUND|ETIMEDOUT|EAI_|ENOENT)/.test(code)) return true;
  return /timeout exceeded when trying to connect|Connection terminated|Query read timeout|not queryable/i.test(
    error.message,
  );
}
