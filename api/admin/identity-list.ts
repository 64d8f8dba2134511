import { FIRST_ID, listIdentities } from '../../activities/store/identity-list.js';
import type { IdentityFilter } from '../../activities/store/identity-list.js';
import { identifierSpellings } from '../../platform/addresses.js';
import type { JsonObject } from '../../schemas/json.js';
import type { ApiContext } from '../context.js';
import { identityView } from '../identity-view.js';
import { keysetLink, pageSize } from '../paging.js';
import { badRequest, isUuid, queryValue, queryValues } from '../validation.js';

const MAX_IDS = 500;
/** Types of credentials that Kratos knows. */
const CREDENTIAL_TYPES: readonly string[] = [
  'password',
  'oidc',
  'saml',
  'totp',
  'lookup_secret',
  'webauthn',
  'passkey',
  'code',
  'link_recovery',
  'code_recovery',
];
// A filter that is not known here must not be taken for no filter.
const UNSUPPORTED = ['preview_credentials_identifier_similar', 'organization_id'];

/**
 * One page of `GET /admin/identities`: its body and its `Link`. A list of given ids has one page and no link: with all
 * the ids in it, the header would be larger than clients take.
 */
export async function identityPage(
  context: ApiContext,
  query: unknown,
): Promise<{ body: JsonObject[]; link?: string }> {
  const filter = filterOf(query);
  const includeCredentials = includedCredentials(query);
  const size = pageSize(query);
  if (queryValue(query, 'page') !== undefined) {
    throw badRequest('page: is not supported on this list; follow the Link header, or give page_token');
  }
  const after = queryValue(query, 'page_token') ?? FIRST_ID;
  if (!isUuid(after)) throw badRequest('page_token: is not one that this service gave out');

  const range = filter.by === 'ids' ? { after: FIRST_ID, limit: MAX_IDS } : { after, limit: size };
  const { items, next } = await listIdentities(context.pool, filter, range);
  // Kratos shows credentials in lists only to those who asked for them, by type or by name.
  const credentials = includeCredentials.length > 0 || filter.by === 'identifier';
  const view = { publicBaseUrl: context.config.serve.public.baseUrl, admin: true, credentials, includeCredentials };
  const body = items.map((identity) => identityView(identity, view));
  if (filter.by === 'ids') return { body };
  return { body, link: keysetLink('/admin/identities', query, { size, first: FIRST_ID, next }) };
}

/** `include_credential`: the types of credentials whose config is asked for. */
export function includedCredentials(query: unknown): string[] {
  const types = queryValues(query, 'include_credential');
  if (types.every((type) => CREDENTIAL_TYPES.includes(type))) return types;
  throw badRequest(`include_credential: must be one of ${CREDENTIAL_TYPES.join(', ')}`);
}

function filterOf(query: unknown): IdentityFilter {
  const unsupported = UNSUPPORTED.find((name) => queryValue(query, name) !== undefined);
  if (unsupported) throw badRequest(`${unsupported}: is not supported`);
  const ids = queryValues(query, 'ids');
  const identifier = queryValue(query, 'credentials_identifier');
  if (ids.length > 0 && identifier !== undefined) {
    throw badRequest('ids, credentials_identifier: give one of them, they cannot be combined');
  }
  if (ids.length > MAX_IDS) throw badRequest(`ids: at most ${MAX_IDS} at a time`);
  if (!ids.every(isUuid)) throw badRequest('ids: must be a UUID; repeat the parameter for several');
  if (ids.length > 0) return { by: 'ids', ids };
  if (identifier !== undefined) return { by: 'identifier', identifiers: identifierSpellings(identifier) };
  return { by: 'all' };
}
