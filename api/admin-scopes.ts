import type { Scope } from '../schemas/scopes.js';

/** A scope, or null: any key will do. */
type Needed = Scope | null;

/**
 * What a key must be allowed for each route of the admin port, by the route's beginning; the first line that fits
 * counts. A route that fits none needs `*`: what is forgotten here is closed.
 */
const ROUTES: readonly { path: string; read: Needed; write: Needed }[] = [
  { path: '/identities/:id/sessions', read: 'sessions:read', write: 'sessions:write' },
  { path: '/identities', read: 'identities:read', write: 'identities:write' },
  { path: '/sessions/whoami', read: null, write: null },
  { path: '/sessions', read: 'sessions:read', write: 'sessions:write' },
  { path: '/recovery', read: 'recovery:write', write: 'recovery:write' },
  { path: '/courier', read: 'messages:read', write: '*' },
  { path: '/machines', read: 'machines:write', write: 'machines:write' },
  { path: '/invites', read: 'invites:write', write: 'invites:write' },
  { path: '/batches', read: 'batches:write', write: 'batches:write' },
  // They tell nothing of anybody, or only the way to the other port.
  { path: '/version', read: null, write: null },
  { path: '/health', read: null, write: null },
  { path: '/schemas', read: null, write: null },
  { path: '/self-service', read: null, write: null },
];

/**
 * The scope that a request needs.
 * @param route as it was registered, such as `/admin/identities/:id`; undefined when nothing is there
 */
export function neededScope(method: string, route: string | undefined, query: unknown): Needed {
  if (route === undefined) return null;
  const path = route.replace(/^\/admin(?=\/)/, '');
  const entry = ROUTES.find((one) => path === one.path || path.startsWith(`${one.path}/`));
  if (entry === undefined) return '*';
  // With hashes of passwords in it, it is more than reading about people.
  const withHashes = entry.read === 'identities:read' && (query as { include_credential?: unknown }).include_credential;
  return (method === 'GET' || method === 'HEAD') && !withHashes ? entry.read : entry.write;
}
