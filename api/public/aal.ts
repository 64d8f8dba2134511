import type { Identity } from '../../activities/store/identity-rows.js';
import type { SecondFactor } from '../../activities/store/second-factors.js';
import { lookupSecretsOf, totpOf } from '../../activities/store/second-factors.js';
import type { Session } from '../../activities/store/sessions.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';

/** The second factors that the person has set up and this service takes. */
export function secondFactorsOf(ctx: ApiContext, identity: Identity): SecondFactor[] {
  const { totp, lookupSecret } = ctx.config.selfservice.methods;
  const factors: SecondFactor[] = [];
  if (totp.enabled && totpOf(identity)) factors.push('totp');
  if (lookupSecret.enabled && lookupSecretsOf(identity)) factors.push('lookup_secret');
  return factors;
}

/** Whether a session is at the level that is asked for: one factor, or as many as the person has set up. */
export function satisfiesAal(
  ctx: ApiContext,
  required: 'aal1' | 'highest_available',
  session: Session,
  identity: Identity,
): boolean {
  return required === 'aal1' || session.aal === 'aal2' || secondFactorsOf(ctx, identity).length === 0;
}

/** Where a browser shows the second factor; `returnTo` is where it goes then. */
export function secondFactorUrl(ctx: ApiContext, returnTo: string | null): string {
  const login = new URL('self-service/login/browser', ctx.config.serve.public.baseUrl);
  login.searchParams.set('aal', 'aal2');
  if (returnTo !== null) login.searchParams.set('return_to', returnTo);
  return login.href;
}

/** @throws LatchkeyError session_aal2_required unless the session is at the level that is asked for. */
export function assertAal(
  ctx: ApiContext,
  required: 'aal1' | 'highest_available',
  who: { session: Session; identity: Identity },
  returnTo: string | null,
): void {
  if (satisfiesAal(ctx, required, who.session, who.identity)) return;
  const next = secondFactorUrl(ctx, returnTo);
  throw new LatchkeyError('session_aal2_required', {
    reason: 'You are signed in with one factor, and have set up a second one. Show that too, at redirect_browser_to.',
    details: { redirect_browser_to: next },
    beside: { redirect_browser_to: next },
  });
}

/** True while the person has proved recently enough who they are to change a credential. */
export function isPrivileged(ctx: ApiContext, session: Session): boolean {
  const age = ctx.now() - session.authenticated_at.getTime();
  return age < ctx.config.selfservice.flows.settings.privilegedSessionMaxAgeMs;
}
