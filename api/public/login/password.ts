import { randomUUID } from 'node:crypto';
import { hashPassword, isOutdated, verifyPassword } from '../../../platform/passwords.js';
import { replacePasswordHash } from '../../../activities/store/credentials.js';
import { findPasswordOwner } from '../../../activities/store/login-flows.js';
import { identifierSpellings } from '../../../platform/addresses.js';
import type { ApiContext } from '../../context.js';
import { clearAttempts, takeAttempt } from './attempts.js';

/** The account of a right name and password. */
export interface PasswordOwner {
  identity_id: string;
  state: 'active' | 'inactive';
}

/**
 * Whose name and password these are; undefined for wrong ones. Takes the same work and time whether the name is known or
 * not, and whether or not the account is held. A hash in an older format is replaced by a new one.
 */
export async function proveOwner(
  ctx: ApiContext,
  identifier: string,
  password: string,
): Promise<PasswordOwner | undefined> {
  const spellings = identifierSpellings(identifier);
  const owner = await findPasswordOwner(ctx.pool, spellings);
  const subject = owner
    ? `login:${owner.identity_id}`
    : `login-name:${ctx.keys.addressDigest(spellings[0] ?? identifier)}`;
  const taken = await takeAttempt(ctx, subject);
  const hash = taken ? owner?.hash : undefined;
  const right = await verifyPassword(hash ?? (await decoyHash(ctx)), password);
  if (!owner || !hash || !right) return undefined;
  await clearAttempts(ctx, ctx.pool, subject);
  if (isOutdated(hash, ctx.config.hashers.argon2)) {
    const made = await hashPassword(password, ctx.config.hashers.argon2);
    await replacePasswordHash(ctx.pool, owner.identity_id, { from: hash, to: made, now: new Date(ctx.now()) });
  }
  return owner;
}

let decoy: Promise<string> | undefined;

/** The hash of nothing that anybody knows, made once, at the cost of real ones. */
function decoyHash(ctx: ApiContext): Promise<string> {
  decoy ??= hashPassword(randomUUID(), ctx.config.hashers.argon2);
  return decoy;
}
