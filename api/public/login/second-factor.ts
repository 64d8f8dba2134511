import { timingSafeEqual } from 'node:crypto';
import type { Identity } from '../../../activities/store/identity-rows.js';
import { lookupSecretsOf, totpOf, useLookupSecret, useTotpStep } from '../../../activities/store/second-factors.js';
import type { SecondFactor } from '../../../activities/store/second-factors.js';
import type { Queryable } from '../../../activities/store/statement.js';
import { unseal } from '../../../platform/sealed.js';
import { totpStep } from '../../../platform/totp.js';
import type { MessageId } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { lookupContext, totpContext } from '../sealed-contexts.js';

/** A second factor that looks right: `use` uses it up, or answers false because somebody was faster. */
export type Candidate = { use: (db: Queryable, now: Date) => Promise<boolean> } | { wrong: MessageId };

/** What a wrong second factor is answered with, also while the account is held. */
export const WRONG: Record<SecondFactor, MessageId> = { totp: 'totp_wrong', lookup_secret: 'lookup_wrong' };

/** Looks at what was typed as a second factor. Nothing is used up yet. */
export function judgeSecondFactor(ctx: ApiContext, identity: Identity, factor: SecondFactor, typed: string): Candidate {
  return factor === 'totp' ? judgeTotp(ctx, identity, typed) : judgeLookupSecret(ctx, identity, typed);
}

function judgeTotp(ctx: ApiContext, identity: Identity, typed: string): Candidate {
  const totp = totpOf(identity);
  if (!totp) return { wrong: 'totp_missing' };
  const secret = unseal(ctx.config.secrets, totp.sealed_secret, totpContext(identity.id));
  const step = totpStep(secret, typed, ctx.now());
  if (step === undefined || step <= totp.last_step) return { wrong: 'totp_wrong' };
  return { use: (db, now) => useTotpStep(db, identity.id, { sealedSecret: totp.sealed_secret, step, now }) };
}

function judgeLookupSecret(ctx: ApiContext, identity: Identity, typed: string): Candidate {
  const lookup = lookupSecretsOf(identity);
  if (!lookup) return { wrong: 'lookup_missing' };
  const sealedCodes = lookup.sealed_codes;
  const codes = JSON.parse(unseal(ctx.config.secrets, sealedCodes, lookupContext(identity.id))) as string[];
  const given = Buffer.from(typed.toLowerCase().replace(/[\s-]/g, ''));
  // Every code is compared, found or not: the time tells nothing.
  const found = codes.flatMap((code, index) => {
    const known = Buffer.from(code);
    return known.length === given.length && timingSafeEqual(known, given) ? [index] : [];
  });
  const [index] = found;
  if (index === undefined) return { wrong: 'lookup_wrong' };
  if (lookup.used_at[index]) return { wrong: 'lookup_used' };
  return { use: (db, now) => useLookupSecret(db, identity.id, { sealedCodes, index, now }) };
}
