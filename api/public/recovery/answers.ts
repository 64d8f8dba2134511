import { flowPage } from '../../../activities/recovery-links.js';
import { saveFlowMessages } from '../../../activities/store/recovery-flow-messages.js';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { RecoveryOutcome } from '../../../workflows/domain/recovery-lifecycle.js';
import { ensureCsrfToken, csrfDigest, maskCsrfToken } from '../csrf.js';
import { replaceFlow } from './begin.js';
import type { RecoveryCall } from './submit.js';
import { recoveryFlowView } from './view.js';

/**
 * Answers with the flow itself, showing `messages`, or what is stored when none are given: JSON with `status`, or for
 * browsers a redirect back to the page, which then shows them.
 */
export async function answerFlow(call: RecoveryCall, status: number, messages?: StoredMessage[]): Promise<unknown> {
  const { ctx, request, reply, client } = call;
  const flow: RecoveryFlow = (await getRecoveryFlow(ctx.pool, call.flow.id)) ?? call.flow;
  if (client === 'html') {
    if (messages) await saveFlowMessages(ctx.pool, flow.id, messages);
    return reply.redirect(flowPage(ctx.config.selfservice.flows.recovery.uiUrl, flow.id), 303);
  }
  const csrfToken = flow.type === 'browser' ? maskCsrfToken(ensureCsrfToken(ctx, request, reply)) : '';
  return reply.code(status).send(recoveryFlowView(ctx, flow, { csrfToken, messages, submitted: status === 200 }));
}

/** The flow's time is over: 410 with a new flow for apps, a redirect to a new flow for browsers. */
export async function answerExpired(call: RecoveryCall): Promise<unknown> {
  const { ctx, flow } = call;
  const next = await replace(call, [{ message: 'recovery_expired', context: { expired_at: flow.expires_at.toISOString() } }]);
  if (next.redirect) return next.redirect();
  throw new LatchkeyError('flow_expired', {
    reason: `This recovery expired at ${flow.expires_at.toISOString()}. Go on with the new one.`,
    details: { continue_with: [next.continueWith] },
    beside: {
      expired_at: flow.expires_at.toISOString(),
      // Kratos' unit: nanoseconds.
      since: Math.max(0, ctx.now() - flow.expires_at.getTime()) * 1_000_000,
      use_flow_id: next.continueWith.flow.id,
    },
  });
}

const OVER: Record<RecoveryOutcome | 'used', string> = {
  used: 'This code has been used. Ask for another one.',
  recovered: 'This recovery is finished. Sign in, or ask for another code.',
  lapsed: 'The code was used, but no new password was set in time. Ask for another code.',
  expired: 'This recovery has expired. Ask for another code.',
  cancelled: 'This recovery was ended. Ask for another code.',
  exhausted: 'Too many wrong codes were entered. Ask for another code.',
};

/** The flow takes nothing any more: 400 with a new flow, or a redirect to it. */
export async function answerOver(call: RecoveryCall, how: RecoveryOutcome | 'used'): Promise<unknown> {
  const next = await replace(call, [{ message: 'malformed', context: { reason: OVER[how] } }]);
  if (next.redirect) return next.redirect();
  throw new LatchkeyError('bad_request', { reason: OVER[how], details: { continue_with: [next.continueWith] } });
}

/** The link opens nothing (any more): on to a new flow that says so. */
export async function answerLinkBroken(call: RecoveryCall): Promise<unknown> {
  const next = await replace(call, [{ message: 'recovery_link_wrong' }]);
  if (next.redirect) return next.redirect();
  throw new LatchkeyError('bad_request', {
    reason: 'This link does not work any more. Ask for a new one.',
    details: { continue_with: [next.continueWith] },
  });
}

async function replace(call: RecoveryCall, messages: StoredMessage[]) {
  const { ctx, request, reply, client } = call;
  if (client === 'api') return { ...(await replaceFlow(ctx, call.flow)), redirect: null };
  const digest = csrfDigest(ensureCsrfToken(ctx, request, reply));
  const next = await replaceFlow(ctx, call.flow, { csrfDigest: digest, messages });
  const fetchUrl = new URL('self-service/recovery/flows', ctx.config.serve.public.baseUrl);
  fetchUrl.searchParams.set('id', next.flow.id);
  const target = client === 'html' ? next.continueWith.flow.url : fetchUrl.href;
  return { ...next, redirect: () => reply.redirect(target, 303) };
}
