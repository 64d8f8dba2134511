import type { FastifyInstance } from 'fastify';
import { getMessage, listDispatches, listMessages, MESSAGE_STATES } from '../../activities/store/courier-list.js';
import type { CourierDispatch, MessagePlace, MessageState } from '../../activities/store/courier-list.js';
import type { CourierMessage } from '../../activities/store/courier-messages.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import type { ApiContext } from '../context.js';
import { keysetLink, pageSize } from '../paging.js';
import { badRequest, isUuid, queryValue } from '../validation.js';

/** Messages a page where nothing is asked for. Kratos' figure. */
const DEFAULT_SIZE = 10;
const FIRST_TOKEN = 'newest';
/** In place of subject and body: they are stored nowhere, as they may hold a code. */
const REDACTED = '<redacted>';

/** `GET /courier/messages` and `/courier/messages/{id}`: what became of the messages that people were sent. */
export async function courierRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  app.get('/courier/messages', async (request, reply) => {
    const size = pageSize(request.query, DEFAULT_SIZE);
    const token = queryValue(request.query, 'page_token') ?? FIRST_TOKEN;
    const filter = { status: stateOf(request.query), recipient: queryValue(request.query, 'recipient') ?? null };
    const { items, next } = await listMessages(ctx.pool, filter, { after: placeOf(token), limit: size });
    const page = { size, first: FIRST_TOKEN, next: next && tokenOf(next) };
    void reply.header('link', keysetLink('/admin/courier/messages', request.query, page));
    return items.map((message) => messageView(message));
  });

  app.get('/courier/messages/:id', async (request) => {
    const { id = '' } = request.params as { id?: string };
    if (!isUuid(id)) throw badRequest('The id of the message is not a UUID.');
    const message = await getMessage(ctx.pool, id);
    if (!message) throw new LatchkeyError('not_found', { reason: 'There is no message with this id.' });
    return messageView(message, await listDispatches(ctx.pool, id));
  });
}

function messageView(message: CourierMessage, dispatches?: CourierDispatch[]): JsonObject {
  return {
    id: message.id,
    status: message.status,
    type: message.channel,
    recipient: message.recipient,
    body: REDACTED,
    subject: REDACTED,
    template_type: message.template_type,
    channel: message.channel,
    send_count: message.send_count,
    ...(dispatches && { dispatches: dispatches.map(dispatchView) }),
    created_at: message.created_at.toISOString(),
    updated_at: message.updated_at.toISOString(),
  };
}

function dispatchView({ id, message_id, status, reply, created_at: at }: CourierDispatch): JsonObject {
  const error = { code: 500, status: 'Internal Server Error', message: `not taken: ${reply ?? 'unknown'}` };
  return {
    id,
    message_id,
    status,
    error: status === 'failed' ? error : null,
    created_at: at.toISOString(),
    updated_at: at.toISOString(),
  };
}

function stateOf(query: unknown): MessageState | null {
  const given = queryValue(query, 'status');
  if (given === undefined) return null;
  const known = MESSAGE_STATES.find((state) => state === given);
  if (known) return known;
  throw badRequest(`status: must be one of ${MESSAGE_STATES.join(', ')}`);
}

function tokenOf({ created_at: at, id }: MessagePlace): string {
  return `${at.getTime()}_${id}`;
}

function placeOf(token: string): MessagePlace | null {
  if (token === FIRST_TOKEN) return null;
  const [time = '', id = ''] = token.split('_');
  if (/^\d{1,15}$/.test(time) && isUuid(id)) return { created_at: new Date(Number(time)), id };
  throw badRequest('page_token: is not one that this service gave out');
}
