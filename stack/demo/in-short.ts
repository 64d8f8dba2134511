import type { Json } from './talk.js';

/** Of a flow: id, state, what it tells people, and what comes next. */
export function flowInShort(flow: Json): unknown {
  const ui = (flow['ui'] ?? {}) as Json;
  const fields = ((ui['nodes'] ?? []) as Json[]).flatMap((node) => (node['messages'] ?? []) as Json[]);
  const messages = [...((ui['messages'] ?? []) as Json[]), ...fields].map(({ id, text }) => ({ id, text }));
  const next = flow['continue_with'] as Json[] | null | undefined;
  return {
    id: flow['id'],
    state: flow['state'],
    ...(flow['expires_at'] !== undefined && { expires_at: flow['expires_at'] }),
    ...(messages.length > 0 && { ui: { messages } }),
    ...(next && { continue_with: next }),
  };
}

/** Of a session: whose it is, how it was opened, how long it lasts. */
export function sessionInShort({ id, active, expires_at, authentication_methods: methods, identity }: Json): unknown {
  return {
    id,
    active,
    expires_at,
    authentication_methods: (methods as Json[]).map(({ method, aal }) => ({ method, aal })),
    identity: { id: (identity as Json)['id'], traits: (identity as Json)['traits'] },
  };
}
