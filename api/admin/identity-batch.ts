import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createIdentity } from '../../activities/store/identities.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import { CreateIdentityBody } from '../../schemas/identities.js';
import type { IdentityBatchBody } from '../../schemas/identities.js';
import type { JsonObject } from '../../schemas/json.js';
import type { ApiContext } from '../context.js';
import { errorBody } from '../errors.js';
import { bodyParser } from '../validation.js';
import { contentOfNew } from './identity-content.js';

/** Passwords hashed at a time: argon2 needs memory and a thread for each, and others want to sign in meanwhile. */
const HASHED_AT_A_TIME = 2;

const parseCreate = bodyParser(CreateIdentityBody);
type Prepared = Awaited<ReturnType<typeof contentOfNew>>;

/**
 * Creates many identities. An item that cannot be created is reported in its place and does not hold up the others, as
 * in Kratos; when the database fails, none is created. Items are created in their order.
 */
export async function createBatch(context: ApiContext, body: IdentityBatchBody): Promise<JsonObject> {
  const prepared = await mapSome(body.identities, HASHED_AT_A_TIME, ({ create }) =>
    attempt(async () => (create ? await contentOfNew(context, parseCreate(create)) : null)),
  );
  const identities = await inTransaction(context.pool, async (client) => {
    const results: (JsonObject | null)[] = [];
    for (const [at, content] of prepared.entries()) {
      const patchId = body.identities[at]?.patch_id ?? null;
      const created =
        content instanceof LatchkeyError ? content : content && (await createOne(context, client, content));
      results.push(resultOf(created, patchId));
    }
    return results;
  });
  return { identities };
}

/** The new identity's id, or what kept it from being created. */
async function createOne(
  context: ApiContext,
  client: pg.PoolClient,
  content: Prepared,
): Promise<string | LatchkeyError> {
  const id = randomUUID();
  await client.query('SAVEPOINT item');
  const created = await attempt(() => createIdentity(client, { ...content, id }, new Date(context.now())));
  const failed = created instanceof LatchkeyError;
  await client.query(failed ? 'ROLLBACK TO SAVEPOINT item' : 'RELEASE SAVEPOINT item');
  return failed ? created : id;
}

function resultOf(created: string | LatchkeyError | null, patchId: string | null): JsonObject | null {
  // An item without `create` asks for nothing.
  if (created === null) return null;
  const named = patchId !== null && { patch_id: patchId };
  if (!(created instanceof LatchkeyError)) return { action: 'create', identity: created, ...named };
  return { action: 'error', ...named, error: errorBody(created).error as JsonObject };
}

/** What `work` gives, or the LatchkeyError that it throws. */
async function attempt<T>(work: () => Promise<T>): Promise<T | LatchkeyError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LatchkeyError) return error;
    throw error;
  }
}

async function mapSome<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, lane));
  return results;
}
