/** What a machine's key may be allowed to do on the admin API; `*` is everything. `api/admin-scopes.ts` says which route needs which. */
export const SCOPES = [
  '*',
  'identities:read',
  'identities:write',
  'recovery:write',
  'sessions:read',
  'sessions:write',
  'messages:read',
  'machines:write',
  'invites:write',
  'batches:write',
] as const;

/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** Those of `wanted` that `held` does not cover. */
export function missingScopes(held: readonly Scope[], wanted: readonly Scope[]): Scope[] {
  return held.includes('*') ? [] : wanted.filter((scope) => !held.includes(scope));
}
