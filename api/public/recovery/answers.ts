import { flowPage, recoveryActionUrl } from '../../../platform/links.js';
import { saveFlowMessages } from '../../../activities/store/recovery-flow-messages.js';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { RecoveryOutcome } from '../../../workflows/domain/recovery-lifecycle.js';
import type { ApiContext } from '../../context.js';
import { ensureCsrfToken, csrfDigest, maskCsrfToken } from '../csrf.js';
import { replaceFlow } from './begin.js';
import type { ShowRecoveryUi } from './begin.js';
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
    return reply.redirect(pageOf(ctx, flow), 303);
  }
  const csrfToken = flow.type === 'browser' ? maskCsrfToken(ensureCsrfToken(ctx, request, reply)) : '';
  return reply.code(status).send(recoveryFlowView(ctx, flow, { csrfToken, messages, submitted: status === 200 }));
}

/** The page on which the flow goes on: that of recovery, or of the invite that it belongs to. */
function pageOf(ctx: ApiContext, flow: RecoveryFlow): string {
  const { invites, selfservice } = ctx.config;
  return flowPage(flow.invite_id === null ? selfservice.flows.recovery.uiUrl : invites.uiUrl, flow.id);
}

/** The flow's time is over: 410 with a new flow for apps, a redirect to a new flow for browsers. */
export function answerExpired(call: RecoveryCall): Promise<unknown> {
  const { ctx, flow } = call;
  const expiredAt = flow.expires_at.toISOString();
  const unix = Math.floor(flow.expires_at.getTime() / 1_000);
  return moveOn(call, {
    message: { message: 'recovery_expired', context: { expired_at: expiredAt, expired_at_unix: unix } },
    requestUrl: flow.request_url,
    redirectsScripts: true,
    error: (next) =>
      new LatchkeyError('flow_expired', {
        reason: `This recovery expired at ${expiredAt}. Go on with the new one.`,
        details: { continue_with: [next] },
        beside: {
          expired_at: expiredAt,
          // Kratos' unit: nanoseconds.
          since: Math.max(0, ctx.now() - flow.expires_at.getTime()) * 1_000_000,
          use_flow_id: next.flow.id,
        },
      }),
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
export function answerOver(call: RecoveryCall, how: RecoveryOutcome | 'used'): Promise<unknown> {
  return moveOn(call, {
    message: { message: 'malformed', context: { reason: OVER[how] } },
    error: (next) => new LatchkeyError('bad_request', { reason: OVER[how], details: { continue_with: [next] } }),
  });
}

/** An address was given to a flow that has passed: there is nothing left to ask for. */
export function answerDone(call: RecoveryCall): Promise<unknown> {
  return moveOn(call, {
    message: { message: 'recovery_done' },
    error: (next) => new LatchkeyError('bad_request', { reason: OVER.used, details: { continue_with: [next] } }),
  });
}

/** The link opens nothing (any more): on to a new flow that says so. */
export function answerLinkBroken(call: RecoveryCall): Promise<unknown> {
  const reason = 'This link does not work any more. Ask for a new one.';
  return moveOn(call, {
    message: { message: 'recovery_link_wrong' },
    error: (next) => new LatchkeyError('bad_request', { reason, details: { continue_with: [next] } }),
  });
}

/** The code was right, and the account is disabled. */
export function answerDisabled(call: RecoveryCall): Promise<unknown> {
  const reason = 'This account is disabled. The people who run this service can tell you more.';
  return moveOn(call, {
    message: { message: 'account_disabled' },
    error: (next) => new LatchkeyError('identity_disabled', { reason, details: { continue_with: [next] } }),
  });
}

/** Why a flow goes no further, and how that is said. */
interface Ending {
  /** Shown by the new flow. */
  message: StoredMessage;
  /** The answer to programs that understand `continue_with`. */
  error: (next: ShowRecoveryUi) => LatchkeyError;
  /** What the new flow names as its origin; by default the submission. */
  requestUrl?: string;
  /** Kratos redirects single-page apps here even with `continue_with`. */
  redirectsScripts?: boolean;
}

/**
 * Puts a new flow in the place of one that is over. Browsers are sent to its page; programs get an error that names it,
 * or, without `use_continue_with_transitions`, a redirect to its JSON.
 */
async function moveOn(call: RecoveryCall, ending: Ending): Promise<unknown> {
  const { ctx, request, reply, client, flow } = call;
  // The page of an invite tells what has become of it.
  if (client === 'html' && flow.invite_id !== null) return reply.redirect(pageOf(ctx, flow), 303);
  const next = await replaceFlow(ctx, flow, {
    requestUrl: ending.requestUrl ?? recoveryActionUrl(ctx.config, flow.id),
    messages: [ending.message],
    ...(flow.type === 'browser' && { csrfDigest: csrfDigest(ensureCsrfToken(ctx, request, reply)) }),
  });
  if (client === 'html') return reply.redirect(next.flow.url, 303);
  const redirects =
    !ctx.config.featureFlags.useContinueWithTransitions || (client === 'spa' && ending.redirectsScripts);
  if (!redirects) throw ending.error(next);
  const json = new URL('self-service/recovery/flows', ctx.config.serve.public.baseUrl);
  json.searchParams.set('id', next.flow.id);
  return reply.redirect(json.href, 303);
}
