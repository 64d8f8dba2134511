import type { FastifyInstance } from 'fastify';
import { listBatchRows } from '../../activities/store/batch-rows.js';
import type { BatchRowState } from '../../activities/store/batch-rows.js';
import { countBatches, getBatch, listBatches, stepBatch } from '../../activities/store/batches.js';
import type { Batch, BatchPlace } from '../../activities/store/batches.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import type { BatchCommand } from '../../workflows/domain/batch-lifecycle.js';
import type { ApiContext } from '../context.js';
import { keysetLink, pageSize } from '../paging.js';
import { badRequest, isUuid, pathId, queryValue, queryValues } from '../validation.js';
import { receiveBatch } from './batch/receive.js';
import { batchRowView, batchView } from './batch/view.js';

const COMMANDS = ['pause', 'resume', 'cancel', 'retry'] as const satisfies readonly BatchCommand[];
const ROW_STATES: readonly string[] = ['pending', 'bad', 'done', 'failed'] satisfies readonly BatchRowState[];
const UPLOADS = ['text/csv', 'application/x-ndjson', 'application/ndjson', 'application/jsonl'];
/** Before all batches: they are listed newest first. */
const FIRST_TOKEN = 'newest';

/** The administrators' routes for batches: many people at once. */
export async function batchRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  // Streams: read by the route, as they come.
  app.addContentTypeParser(UPLOADS, (_request, payload, done) => done(null, payload));

  const shown = async (batch: Batch): Promise<JsonObject> => {
    const [counted] = await countBatches(ctx.pool, [batch]);
    if (!counted) throw new LatchkeyError('not_found');
    return batchView(counted, ctx.now());
  };
  const existing = async (id: string): Promise<Batch> => {
    const batch = await getBatch(ctx.pool, id);
    if (!batch) throw new LatchkeyError('not_found');
    return batch;
  };

  app.post('/batches', async (request, reply) => {
    if (request.body === undefined) throw badRequest('The body is empty: upload text/csv or application/x-ndjson.');
    const batch = await receiveBatch(ctx, request);
    const url = new URL(`admin/batches/${batch.id}`, ctx.config.serve.admin.baseUrl);
    return reply
      .code(202)
      .header('location', url.href)
      .send(await shown(batch));
  });

  app.get('/batches', async (request, reply) => {
    const size = pageSize(request.query);
    const token = queryValue(request.query, 'page_token') ?? FIRST_TOKEN;
    const { items, next } = await listBatches(ctx.pool, { after: placeOf(token), limit: size });
    const page = { size, first: FIRST_TOKEN, next: next && `${next.created_at.getTime()}_${next.id}` };
    void reply.header('link', keysetLink('/admin/batches', request.query, page));
    return items.map((batch) => batchView(batch, ctx.now()));
  });

  app.get('/batches/:id', async (request) => shown(await existing(pathId(request.params))));

  app.get('/batches/:id/rows', async (request, reply) => {
    const { id } = await existing(pathId(request.params));
    const states = queryValues(request.query, 'state');
    if (states.some((state) => !ROW_STATES.includes(state)))
      throw badRequest(`state: must be one of ${ROW_STATES.join(', ')}`);
    const size = pageSize(request.query);
    const token = queryValue(request.query, 'page_token') ?? '0';
    if (!/^\d{1,9}$/.test(token)) throw badRequest('page_token: is not one that this service gave out');
    const wanted = states.length === 0 ? null : (states as BatchRowState[]);
    const { items, next } = await listBatchRows(ctx.pool, id, wanted, { after: Number(token), limit: size });
    const page = { size, first: '0', next: next === undefined ? undefined : `${next}` };
    void reply.header('link', keysetLink(`/admin/batches/${id}/rows`, request.query, page));
    return items.map(batchRowView);
  });

  for (const command of COMMANDS) {
    app.post(`/batches/:id/${command}`, async (request) => {
      const batch = await order(ctx, pathId(request.params), command);
      return batchView(batch, ctx.now());
    });
  }
}

/** Writes the command down and tells the workflow; the rows heed what is written. */
async function order(ctx: ApiContext, id: string, command: BatchCommand) {
  const { batch, stepped } = await inTransaction(ctx.pool, async (client) => {
    const locked = await getBatch(client, id, { lock: true });
    if (!locked) throw new LatchkeyError('not_found');
    return { batch: locked, stepped: await stepBatch(client, locked, command, new Date(ctx.now())) };
  });
  const again = REPEATED[command] === batch.state;
  if (!stepped && !again) {
    throw new LatchkeyError('batch_state', {
      reason: `The batch is ${batch.state}: it cannot take "${command}".`,
      details: { state: batch.state },
    });
  }
  // Also when it was written before: the workflow may not have heard.
  await ctx.workflows.tellBatch(id, batch.kind);
  if (stepped) return stepped;
  const [counted] = await countBatches(ctx.pool, [batch]);
  if (!counted) throw new LatchkeyError('not_found');
  return counted;
}

/** A command that has been carried out is no conflict: the caller may not have got the answer. */
const REPEATED: Partial<Record<BatchCommand, Batch['state']>> = {
  pause: 'paused',
  resume: 'running',
  cancel: 'cancelled',
};

function placeOf(token: string): BatchPlace | null {
  if (token === FIRST_TOKEN) return null;
  const [time = '', id = ''] = token.split('_');
  if (/^\d{1,15}$/.test(time) && isUuid(id)) return { created_at: new Date(Number(time)), id };
  throw badRequest('page_token: is not one that this service gave out');
}
