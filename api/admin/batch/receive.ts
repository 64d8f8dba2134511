import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type pg from 'pg';
import { insertRowsOfPeople } from '../../../activities/store/batch-people.js';
import type { PeopleFilter } from '../../../activities/store/batch-people.js';
import { openBatchNames } from '../../../activities/store/batch-names.js';
import { insertBatchRows } from '../../../activities/store/batch-rows.js';
import { deleteBatch, getBatch, insertBatch, setBatchTotals } from '../../../activities/store/batches.js';
import type { Batch } from '../../../activities/store/batches.js';
import { canonicalJson, claimIdempotencyKey } from '../../../activities/store/idempotency.js';
import { inTransaction } from '../../../platform/postgres.js';
import { FilteredBatchBody } from '../../../schemas/batches.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { JsonObject } from '../../../schemas/json.js';
import type { ApiContext } from '../../context.js';
import { idempotencyKey } from '../../idempotency-key.js';
import { badRequest, bodyParser } from '../../validation.js';
import { adminKeyId } from '../caller.js';
import { csvRows } from './csv.js';
import { importCheck } from './import-check.js';
import { inviteCheck } from './invite-check.js';
import { ndjsonRows } from './ndjson.js';
import { batchOptions } from './options.js';
import type { BatchOptions } from './options.js';
import { recoverCheck } from './recover-check.js';
import { checkRows } from './row-check.js';
import type { RowCheck } from './row-check.js';
import type { SourceRow } from './source-rows.js';
import { Upload } from './upload.js';

/** Rows checked and written at a time. */
const ROWS_AT_A_TIME = 500;
/** Each holds a database connection for as long as it lasts. */
const UPLOADS_AT_A_TIME = 2;
let uploads = 0;

const parseFiltered = bodyParser(FilteredBatchBody);

/**
 * `POST /admin/batches`: takes an upload in as it comes, checks every row, and starts the workflow unless it is a dry run.
 * All of it is one transaction, so that an upload that breaks off leaves nothing. With an `Idempotency-Key` the same
 * upload again gives the same batch.
 */
export async function receiveBatch(ctx: ApiContext, request: FastifyRequest): Promise<Batch> {
  const options = batchOptions(ctx, request);
  const key = idempotencyKey(request);
  const id = randomUUID();
  const isUpload = options.content !== null;
  if (isUpload && uploads >= UPLOADS_AT_A_TIME) {
    throw new LatchkeyError('too_many_requests', {
      reason: 'Other uploads are under way. Send this one when they are in.',
      retryAfterSeconds: 10,
    });
  }
  uploads += isUpload ? 1 : 0;
  try {
    await inTransaction(ctx.pool, (client) => receive(ctx, client, request, { options, key, id }));
  } catch (error) {
    if (!(error instanceof ReceivedBefore)) throw error;
    const held = await getBatch(ctx.pool, error.batchId);
    if (!held) throw new LatchkeyError('gone', { reason: 'The batch that this Idempotency-Key made was deleted.' });
    if (held.state === 'running') await ctx.workflows.tellBatch(held.id, held.kind);
    return held;
  } finally {
    uploads -= isUpload ? 1 : 0;
  }
  if (!options.dryRun) await start(ctx, id, options, key !== undefined);
  const batch = await getBatch(ctx.pool, id);
  if (!batch) throw new LatchkeyError('gone');
  return batch;
}

/** The same upload with the same key came before; what was done for this one is to be rolled back. */
class ReceivedBefore extends Error {
  constructor(readonly batchId: string) {
    super('received before');
  }
}

async function receive(
  ctx: ApiContext,
  client: pg.PoolClient,
  request: FastifyRequest,
  { options, key, id }: { options: BatchOptions; key: string | undefined; id: string },
): Promise<void> {
  const now = new Date(ctx.now());
  await insertBatch(client, {
    id,
    kind: options.kind,
    format: options.format,
    state: options.dryRun ? 'ready' : 'running',
    life_ms: options.lifeMs,
    mails_per_second: options.mailsPerSecond,
    created_by: adminKeyId(ctx, request),
    created_at: now,
  });
  const content =
    options.content === null
      ? await chooseRows(ctx, client, request.body, id)
      : await receiveRows(ctx, client, request, options, id);
  if (key === undefined) return;
  const body = { ...options, content } as unknown as JsonObject;
  const held = await claimIdempotencyKey(client, { route: 'POST /admin/batches', key, body }, id, now);
  if (held !== id) throw new ReceivedBefore(held);
}

/** Takes the rows in; returns what the same upload will have in common with this one. */
async function receiveRows(
  ctx: ApiContext,
  client: pg.PoolClient,
  request: FastifyRequest,
  options: BatchOptions,
  id: string,
): Promise<string> {
  const upload = new Upload(request.body as IncomingMessage, { bytes: ctx.config.batches.uploadBytes });
  try {
    const check = checkOf(ctx, options);
    const rows =
      options.content === 'csv' ? csvRows(upload.text(), (names) => check.columns(names)) : ndjsonRows(upload.text());
    await takeRows(ctx, client, check, rows, id);
    return upload.digest();
  } catch (error) {
    await upload.drain();
    throw error;
  }
}

function checkOf(ctx: ApiContext, options: BatchOptions): RowCheck {
  switch (options.kind) {
    case 'import':
      return importCheck(ctx, options);
    case 'recover':
      return recoverCheck;
    case 'invite':
      return inviteCheck(ctx, options);
  }
}

/** Writes a row for each person whom a filter chooses; returns the filter as text. */
async function chooseRows(ctx: ApiContext, client: pg.PoolClient, body: unknown, id: string): Promise<string> {
  const { filter } = parseFiltered(body);
  const { maxRows } = ctx.config.batches;
  const time = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text));
  const chosen: PeopleFilter = {
    schemaId: filter.schema_id ?? null,
    state: filter.state ?? null,
    createdFrom: time(filter.created_after),
    createdBefore: time(filter.created_before),
    emailDomain: filter.email_domain ?? null,
  };
  const total = await insertRowsOfPeople(client, id, chosen, maxRows);
  if (total === 0) throw badRequest('filter: chooses nobody');
  if (total > maxRows)
    throw badRequest(`filter: chooses more than ${maxRows} people (batches.max_rows); split it by created_after`);
  await setBatchTotals(client, id, total, 0);
  return canonicalJson(filter);
}

async function takeRows(
  ctx: ApiContext,
  client: pg.PoolClient,
  check: RowCheck,
  sources: AsyncIterable<SourceRow>,
  id: string,
): Promise<void> {
  const { maxRows } = ctx.config.batches;
  await openBatchNames(client);
  let total = 0;
  let bad = 0;
  let waiting: SourceRow[] = [];
  const take = async (): Promise<void> => {
    const rows = await checkRows(client, check, waiting, total + 1);
    await insertBatchRows(client, id, rows);
    total += rows.length;
    bad += rows.filter(({ reason }) => reason !== null).length;
    waiting = [];
  };
  for await (const source of sources) {
    waiting.push(source);
    if (total + waiting.length > maxRows) {
      throw badRequest(`The upload has more than ${maxRows} rows (batches.max_rows). Split it.`);
    }
    if (waiting.length >= ROWS_AT_A_TIME) await take();
  }
  if (waiting.length > 0) await take();
  if (total === 0) throw badRequest('The upload has no rows.');
  await setBatchTotals(client, id, total, bad);
}

/** A caller who cannot repeat the request as the same one finds nothing half-done when the start fails. */
async function start(ctx: ApiContext, id: string, { kind }: BatchOptions, repeatable: boolean): Promise<void> {
  try {
    await ctx.workflows.tellBatch(id, kind);
  } catch (error) {
    if (!repeatable) await deleteBatch(ctx.pool, id);
    throw error;
  }
}
