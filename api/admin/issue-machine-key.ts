import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type pg from 'pg';
import { claimIdempotencyKey } from '../../activities/store/idempotency.js';
import { getMachineKey, insertMachineKey } from '../../activities/store/machine-keys.js';
import type { MachineKey, NewMachineKey } from '../../activities/store/machine-keys.js';
import { randomMachineSecret, repeatableMachineSecrets, shownPrefix } from '../../platform/machine-secrets.js';
import { tokenDigest } from '../../platform/keys.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject } from '../../schemas/json.js';
import { callerOf } from '../admin-key.js';
import type { ApiContext } from '../context.js';
import { idempotencyKey } from '../idempotency-key.js';
import { stateOf } from '../machine-view.js';

/** A key with its secret, to be shown in this one answer. */
export interface IssuedKey {
  key: MachineKey;
  secret: string;
  /** False when the same request had made it before. */
  fresh: boolean;
}

/** What is to be made. `lifeMs` null: it does not expire. */
export type KeyPlan = Pick<NewMachineKey, 'machine_id' | 'name' | 'scopes' | 'replaces'> & { lifeMs: number | null };

/**
 * Makes a key in one transaction, with the workflow that watches over it if it expires: when Temporal is away nothing is
 * made, and no secret is lost. `plan` runs inside the transaction.
 *
 * With an `Idempotency-Key` the same request again, by the same caller, shows the same secret: it follows from that key,
 * which is stored nowhere, and the server's secret. Once the key has been used, or is over, it is not shown any more.
 */
export async function issueKey(
  ctx: ApiContext,
  request: FastifyRequest,
  route: string,
  plan: (client: pg.PoolClient, now: Date) => Promise<KeyPlan>,
): Promise<IssuedKey> {
  const repeat = idempotencyKey(request);
  const now = new Date(ctx.now());
  return inTransaction(ctx.pool, async (client) => {
    const id = randomUUID();
    if (repeat !== undefined) {
      const body = (request.body ?? {}) as JsonObject;
      const keyed = { route: `${route} by ${callerOf(request).keyId ?? 'anybody'}`, key: repeat, body };
      const held = await claimIdempotencyKey(client, keyed, id, now);
      if (held !== id) return shownAgain(ctx, await getMachineKey(client, held), repeat);
    }
    const { lifeMs, ...wanted } = await plan(client, now);
    const secret = (repeat !== undefined && secretsOf(ctx, id, repeat)[0]) || randomMachineSecret();
    const key = await insertMachineKey(client, {
      id,
      ...wanted,
      prefix: shownPrefix(secret),
      digest: tokenDigest(secret),
      created_at: now,
      expires_at: lifeMs === null ? null : new Date(now.getTime() + lifeMs),
    });
    // Before the commit: a watch without a key ends by itself, a key without a watch would expire unannounced.
    if (key.expires_at)
      await ctx.workflows.startMachineKey({ keyId: id, expiresAt: key.expires_at.getTime() }, key.machine_id);
    request.log.info({ machine: key.machine_id, made: id }, 'a key was made for a machine');
    return { key, secret, fresh: true };
  });
}

function shownAgain(ctx: ApiContext, key: MachineKey | undefined, repeat: string): IssuedKey {
  const usable = key && ['active', 'retiring'].includes(stateOf(key, ctx.now()));
  const secret = key && secretsOf(ctx, key.id, repeat).find((one) => tokenDigest(one).equals(key.digest));
  if (!key || !usable || key.last_used_at !== null || secret === undefined) {
    throw new LatchkeyError('gone', {
      reason: 'The key that this Idempotency-Key made is over, or has been used: its secret is not shown again.',
    });
  }
  return { key, secret, fresh: false };
}

function secretsOf(ctx: ApiContext, keyId: string, repeat: string): string[] {
  return repeatableMachineSecrets(ctx.config.secrets.default, keyId, repeat);
}
