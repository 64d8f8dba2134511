import { LatchkeyError } from '../../schemas/errors.js';
import type { StoredMessage } from '../../schemas/messages.js';
import type { ApiContext } from '../context.js';

/** The answer to a submission that came too late, for clients that read JSON: which flow to go on with. */
export function flowExpired(ctx: ApiContext, old: { expires_at: Date }, nextId: string): LatchkeyError {
  const expiredAt = old.expires_at.toISOString();
  return new LatchkeyError('flow_expired', {
    reason: `This page expired at ${expiredAt}. Go on with the new one.`,
    beside: {
      expired_at: expiredAt,
      // Kratos' unit: nanoseconds.
      since: Math.max(0, ctx.now() - old.expires_at.getTime()) * 1_000_000,
      use_flow_id: nextId,
    },
  });
}

/** What the new flow says about the old one. */
export function expiredMessage(
  message: 'login_expired' | 'settings_expired',
  old: { expires_at: Date },
): StoredMessage {
  const unix = Math.floor(old.expires_at.getTime() / 1_000);
  return { message, context: { expired_at: old.expires_at.toISOString(), expired_at_unix: unix } };
}
