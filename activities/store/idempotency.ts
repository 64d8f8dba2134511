import { createHash, createHmac } from 'node:crypto';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonValue } from '../../schemas/json.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A request that carries an `Idempotency-Key`. */
export interface KeyedRequest {
  /** Such as `POST /admin/identities`: the same key on another route is another key. */
  route: string;
  key: string;
  /** The parsed body. */
  body: JsonValue;
}

const claim = statement<{ resource_id: string }>(
  'idempotency-claim',
  `INSERT INTO idempotency_keys (key_digest, request_digest, resource_id, created_at) VALUES ($1, $2, $3, $4)
   ON CONFLICT (key_digest) DO NOTHING RETURNING resource_id`,
);
const earlier = statement<{ request_digest: Buffer; resource_id: string }>(
  'idempotency-earlier',
  'SELECT request_digest, resource_id FROM idempotency_keys WHERE key_digest = $1',
);

/**
 * Claims the request's key for the resource `resourceId`, inside the transaction that creates it. Returns the id that
 * holds: `resourceId` itself when the caller is first and must now create it, another one when an earlier request with
 * this key created that. The second of two at once waits here until the first has committed or failed.
 *
 * @throws LatchkeyError idempotency_mismatch when the earlier request was a different one
 */
export async function claimIdempotencyKey(
  db: Queryable,
  request: KeyedRequest,
  resourceId: string,
  now: Date,
): Promise<string> {
  const keyDigest = createHash('sha256').update(`${request.route}|${request.key}`).digest();
  // Bodies may hold a password. With the key itself, which is stored nowhere, as the MAC's secret, the stored digest
  // gives no way to try passwords.
  const requestDigest = createHmac('sha256', request.key).update(canonicalJson(request.body)).digest();

  if ((await claim(db, [keyDigest, requestDigest, resourceId, now])).length > 0) return resourceId;
  const [before] = await earlier(db, [keyDigest]);
  // Gone between the two statements: the row was just reaped. Asking again starts afresh.
  if (!before) throw new LatchkeyError('unavailable', { retryAfterSeconds: 1 });
  if (!before.request_digest.equals(requestDigest)) {
    throw new LatchkeyError('idempotency_mismatch', {
      reason: 'Idempotency-Key: was used before with a different body. Take a new key for a new request.',
    });
  }
  return before.resource_id;
}

/** The same text for the same JSON, whatever the order of its fields. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_, inner: JsonValue) =>
    inner === null || typeof inner !== 'object' || Array.isArray(inner)
      ? inner
      : Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}
