import { listInvites } from '../../activities/store/invite-list.js';
import type { InviteFilter, InvitePlace } from '../../activities/store/invite-list.js';
import { normalizeAddress } from '../../platform/addresses.js';
import type { JsonObject } from '../../schemas/json.js';
import { INVITE_STATUSES } from '../../workflows/domain/invite-lifecycle.js';
import type { InviteStatus } from '../../workflows/domain/invite-lifecycle.js';
import type { ApiContext } from '../context.js';
import { keysetLink, pageSize } from '../paging.js';
import { badRequest, isUuid, queryValue, queryValues } from '../validation.js';
import { inviteView } from './invite-view.js';

const PATH = '/admin/invites';
/** Before all invites: they are listed newest first. */
const FIRST_TOKEN = 'newest';
const MAX_TEXT = 320;
const PARAMETERS: readonly string[] = [
  'status',
  'identity_id',
  'address',
  'creator',
  'created_after',
  'created_before',
  'text',
  'page_size',
  'per_page',
  'page_token',
];

/** One page of `GET /admin/invites`, newest first: its body and its `Link`. */
export async function invitePage(ctx: ApiContext, query: unknown): Promise<{ body: JsonObject[]; link: string }> {
  // A filter with a typing mistake must not be taken for no filter.
  const stranger = Object.keys(query as object).find((name) => !PARAMETERS.includes(name));
  if (stranger !== undefined) throw badRequest(`${stranger.slice(0, 60)}: is not a parameter of this list`);
  const size = pageSize(query);
  const token = queryValue(query, 'page_token') ?? FIRST_TOKEN;
  const now = new Date(ctx.now());
  const { items, next } = await listInvites(ctx.pool, filterOf(query), { after: placeOf(token), limit: size, now });
  return {
    body: items.map((invite) => inviteView(invite, now)),
    link: keysetLink(PATH, query, { size, first: FIRST_TOKEN, next: next && tokenOf(next) }),
  };
}

function filterOf(query: unknown): InviteFilter {
  const identityId = queryValue(query, 'identity_id') ?? null;
  if (identityId !== null && !isUuid(identityId)) throw badRequest('identity_id: is not a UUID');
  const text = queryValue(query, 'text') ?? null;
  if (text !== null && text.length > MAX_TEXT) throw badRequest(`text: may have at most ${MAX_TEXT} characters`);
  return {
    statuses: statusesOf(query),
    identityId,
    address: addressOf(query),
    creator: queryValue(query, 'creator') ?? null,
    createdFrom: timeOf(query, 'created_after'),
    createdBefore: timeOf(query, 'created_before'),
    text,
  };
}

function statusesOf(query: unknown): InviteStatus[] | null {
  const wanted = queryValues(query, 'status').filter((text) => text !== '');
  if (wanted.length === 0) return null;
  if (wanted.every((text): text is InviteStatus => (INVITE_STATUSES as string[]).includes(text))) return wanted;
  throw badRequest(`status: must be one of ${INVITE_STATUSES.join(', ')}; repeat the parameter for several`);
}

function addressOf(query: unknown): string | null {
  const typed = queryValue(query, 'address');
  if (typed === undefined) return null;
  const address = normalizeAddress('email', typed);
  if (address === undefined) throw badRequest('address: is not an e-mail address');
  return address;
}

function timeOf(query: unknown, name: string): Date | null {
  const text = queryValue(query, name);
  if (text === undefined) return null;
  const time = new Date(text);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  if (isDate && !Number.isNaN(time.getTime())) return time;
  throw badRequest(`${name}: must be a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z`);
}

function tokenOf({ created_at: createdAt, id }: InvitePlace): string {
  return `${createdAt.getTime()}_${id}`;
}

function placeOf(token: string): InvitePlace | null {
  if (token === FIRST_TOKEN) return null;
  const [time = '', id = '', ...rest] = token.split('_');
  if (/^\d{1,15}$/.test(time) && isUuid(id) && rest.length === 0) return { created_at: new Date(Number(time)), id };
  throw badRequest('page_token: is not one that this service gave out');
}
