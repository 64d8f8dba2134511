import type { FastifyInstance } from 'fastify';
import { getIdentity } from '../../activities/store/identities.js';
import { FIRST_ID, listIdentities } from '../../activities/store/identity-list.js';
import type { Identity } from '../../activities/store/identity-rows.js';
import { extendSession } from '../../activities/store/session-changes.js';
import { deleteSessions, getSession, listAllSessions } from '../../activities/store/session-admin.js';
import type { SessionPlace } from '../../activities/store/session-admin.js';
import { listSessions, revokeSession } from '../../activities/store/sessions.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import type { ApiContext } from '../context.js';
import { identityView } from '../identity-view.js';
import { keysetLink, offsetPage, pageSize } from '../paging.js';
import { adminSessionView, isLive } from '../session-view.js';
import { badRequest, isUuid, pathId, queryFlag, queryValue, queryValues } from '../validation.js';

const EXPANDABLE = ['identity', 'devices'];
/** Before all sessions: they are listed newest first. */
const FIRST_TOKEN = 'newest';

/** The administrators' routes for sessions, as in Kratos. */
export async function sessionRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { pool } = context;
  const publicBaseUrl = context.config.serve.public.baseUrl;
  const now = (): Date => new Date(context.now());
  const ownerView = (identity: Identity | undefined): JsonObject | undefined =>
    identity && identityView(identity, { publicBaseUrl, admin: true, credentials: false, addresses: false });

  app.get('/identities/:id/sessions', async (request, reply) => {
    const id = pathId(request.params);
    const active = queryFlag(request.query, 'active');
    const held = await listSessions(pool, id);
    const wanted = active === null ? held : held.filter((session) => isLive(session, now()) === active);
    const { items, headers } = offsetPage(`/admin/identities/${id}/sessions`, request.query, wanted);
    const identity = items.length > 0 ? ownerView(await getIdentity(pool, id)) : undefined;
    void reply.headers(headers);
    return items.map((session) => adminSessionView(session, { devices: true, identity }, now()));
  });

  app.delete('/identities/:id/sessions', async (request, reply) => {
    if ((await deleteSessions(pool, pathId(request.params))) === 0) throw new LatchkeyError('not_found');
    return reply.code(204).send();
  });

  app.get('/sessions', async (request, reply) => {
    const expand = expandOf(request.query);
    const size = pageSize(request.query);
    const token = queryValue(request.query, 'page_token') ?? FIRST_TOKEN;
    const filter = { active: queryFlag(request.query, 'active'), now: now() };
    const { items, next } = await listAllSessions(pool, filter, { after: placeOf(token), limit: size });

    const owners = new Map<string, JsonObject | undefined>();
    if (expand.includes('identity') && items.length > 0) {
      const ids = [...new Set(items.map((session) => session.identity_id))];
      const page = await listIdentities(pool, { by: 'ids', ids }, { after: FIRST_ID, limit: ids.length });
      for (const identity of page.items) owners.set(identity.id, ownerView(identity));
    }
    const page = { size, first: FIRST_TOKEN, next: next && tokenOf(next) };
    void reply.header('link', keysetLink('/admin/sessions', request.query, page));
    return items.map((session) =>
      adminSessionView(
        session,
        { devices: expand.includes('devices'), identity: owners.get(session.identity_id) },
        now(),
      ),
    );
  });

  app.get('/sessions/:id', async (request) => {
    const expand = expandOf(request.query);
    const session = await getSession(pool, pathId(request.params));
    if (!session) throw new LatchkeyError('not_found');
    const identity = expand.includes('identity') ? ownerView(await getIdentity(pool, session.identity_id)) : undefined;
    return adminSessionView(session, { devices: expand.includes('devices'), identity }, now());
  });

  app.delete('/sessions/:id', async (request, reply) => {
    const id = pathId(request.params);
    // Ending it again is fine; only a session that never was is not found.
    if (!(await revokeSession(pool, id)) && !(await getSession(pool, id))) throw new LatchkeyError('not_found');
    return reply.code(204).send();
  });

  app.patch('/sessions/:id/extend', async (request, reply) => {
    const { id = '' } = request.params as { id?: string };
    if (!isUuid(id)) throw badRequest('The id of the session is not a UUID.');
    const { lifespanMs, earliestPossibleExtendMs } = context.config.session;
    const at = context.now();
    const extended = await extendSession(pool, id, {
      now: new Date(at),
      until: new Date(at + lifespanMs),
      endsBefore: new Date(at + earliestPossibleExtendMs),
    });
    // One with more time left than that, or one that is over, stays as it is: no error in Kratos either.
    const session = extended ?? (await getSession(pool, id));
    if (!session) throw new LatchkeyError('not_found');
    if (context.config.featureFlags.fasterSessionExtend) return reply.code(204).send();
    const identity = ownerView(await getIdentity(pool, session.identity_id));
    return adminSessionView(session, { devices: false, identity }, now());
  });
}

function expandOf(query: unknown): string[] {
  const asked = queryValues(query, 'expand').map((part) => part.toLowerCase());
  if (asked.every((part) => EXPANDABLE.includes(part))) return asked;
  throw badRequest(`expand: must be one of ${EXPANDABLE.join(', ')}; repeat the parameter for several`);
}

function tokenOf({ issued_at: issuedAt, id }: SessionPlace): string {
  return `${issuedAt.getTime()}_${id}`;
}

function placeOf(token: string): SessionPlace | null {
  if (token === FIRST_TOKEN) return null;
  const [time = '', id = ''] = token.split('_');
  if (/^\d{1,15}$/.test(time) && isUuid(id)) return { issued_at: new Date(Number(time)), id };
  throw badRequest('page_token: is not one that this service gave out');
}
