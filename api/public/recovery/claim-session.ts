import { createHash, randomBytes } from 'node:crypto';
import { claimRecoveredSession } from '../../../activities/store/claim-session.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { flowPage } from '../../../platform/links.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import { idempotencyKey } from '../../idempotency-key.js';
import { queryValue } from '../../validation.js';
import { maskCsrfToken, presentCsrfToken, renewCsrfToken } from '../csrf.js';
import { deviceOf, setSessionCookie } from '../session.js';
import { answerLinkBroken, answerOver } from './answers.js';
import type { RecoveryCall } from './submit.js';
import type { ContinueWith } from './view.js';
import { recoveryFlowView } from './view.js';

/**
 * Claims the session that the right code opened and hands it to this client; to any other it says that the code was
 * used. The token is made here, after the fact, so that it never travels through Temporal.
 */
export async function claimAndAnswer(call: RecoveryCall, digest: string): Promise<unknown> {
  const { ctx, request } = call;
  const claimant = claimantOf(call) ?? randomBytes(32);
  const claimed = await claimRecoveredSession(ctx, {
    flowId: call.flow.id,
    digest,
    claimant,
    device: deviceOf(request),
  });
  if (!claimed) return call.flow.method === 'link' ? answerLinkBroken(call) : answerOver(call, 'used');
  return answerPassed(call, claimed.flow, claimed);
}

/**
 * Who asks, if the request says so: an `Idempotency-Key`, or the browser's CSRF cookie. The same claimant may ask again
 * and gets the same session, so that a lost answer can be repeated.
 */
function claimantOf(call: RecoveryCall): Buffer | undefined {
  const key = idempotencyKey(call.request);
  const named = key !== undefined ? Buffer.from(key) : presentCsrfToken(call.ctx, call.request);
  return named && createHash('sha256').update(named).digest();
}

function answerPassed(
  call: RecoveryCall,
  flow: RecoveryFlow,
  opened: { token: string; sessionExpiresAt: Date; settingsFlowId: string },
): unknown {
  const { ctx, request, reply, client } = call;
  const settingsUrl = flowPage(ctx.config.selfservice.flows.settings.uiUrl, opened.settingsFlowId);
  let csrfToken = '';
  if (client !== 'api') {
    csrfToken = maskCsrfToken(renewCsrfToken(ctx, reply));
    setSessionCookie(ctx, reply, opened.token, opened.sessionExpiresAt);
  }
  if (client === 'html') return reply.redirect(settingsUrl, 303);
  if (!ctx.config.featureFlags.useContinueWithTransitions) {
    throw new LatchkeyError('browser_location_change_required', {
      reason: 'Send the browser to redirect_browser_to to go on.',
      beside: { redirect_browser_to: settingsUrl },
    });
  }
  const continueWith: ContinueWith[] = [];
  if (client === 'api') continueWith.push({ action: 'set_ory_session_token', ory_session_token: opened.token });
  if (queryValue(request.query, 'skip_settings') !== 'true') {
    continueWith.push({ action: 'show_settings_ui', flow: { id: opened.settingsFlowId, url: settingsUrl } });
  }
  return reply.send(recoveryFlowView(ctx, flow, { csrfToken, continueWith, submitted: true }));
}
