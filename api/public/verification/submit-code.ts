import { countAttempt } from '../../../activities/store/challenge-flows.js';
import { getVerificationFlow, verificationStore } from '../../../activities/store/verification-flows.js';
import type { VerificationFlow } from '../../../activities/store/verification-flows.js';
import { inTransaction } from '../../../platform/postgres.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { VerificationVerdict } from '../../../workflows/messages.js';
import { submissionId, verdictHeard } from '../recovery/submission-id.js';
import { answerExpired, answerFlow, answerReplaced } from './answers.js';
import type { VerificationCall } from './answers.js';
import { ensureStarted } from './start-workflow.js';

/** Submits a code or token. What was typed becomes a keyed digest here; only that goes further. */
export async function submitCode(call: VerificationCall, typed: string): Promise<unknown> {
  const { ctx, flow } = call;
  if (flow.state === 'choose_method') return answerTooEarly(call);
  const digest = ctx.keys.submissionDigest(flow.id, typed.trim());
  const verdict = await judge(call, digest);
  switch (verdict.kind) {
    case 'passed':
      return answerFlow(call, 200);
    case 'used':
      return answerReplaced(call, 'verification_used');
    case 'expired':
      return answerExpired(call);
    case 'closed':
      return verdict.outcome === 'expired' ? answerExpired(call) : answerReplaced(call, 'verification_over');
    // Held and disabled accounts answer like a wrong code: it must not tell whether there is an account.
    case 'wrong':
    case 'exhausted':
    case 'held':
    case 'disabled':
      return flow.method === 'link'
        ? answerReplaced(call, 'verification_link_wrong')
        : answerFlow(call, 200, [{ message: 'verification_code_wrong' }]);
  }
}

async function judge(call: VerificationCall, digest: string): Promise<VerificationVerdict> {
  const { ctx, flow } = call;
  const submission = { id: submissionId(call, digest), digest };
  let verdict = await ctx.workflows.submitVerification(flow.id, submission);
  // No running workflow for an open row: its start was lost with the process that made the row, or it ended this moment.
  if (!verdict && (await ensureStarted(ctx, flow))) {
    verdict = await ctx.workflows.submitVerification(flow.id, submission);
  }
  verdict ??= verdictOfRow(await getVerificationFlow(ctx.pool, flow.id));
  verdictHeard(flow.id, digest);
  if (!verdict)
    throw new LatchkeyError('unavailable', { retryAfterSeconds: 1, private: 'open flow without a workflow' });
  return verdict;
}

/** What the row of a flow whose workflow has ended says; null while it is open. */
function verdictOfRow(flow: VerificationFlow | undefined): VerificationVerdict | null {
  if (!flow) return { kind: 'closed', outcome: 'cancelled' };
  if (flow.outcome === 'verified') return { kind: 'used' };
  return flow.outcome === null ? null : { kind: 'closed', outcome: flow.outcome };
}

/** A code before any was sent cannot be right. It counts in the flow; there is no account yet to count it for. */
async function answerTooEarly(call: VerificationCall): Promise<unknown> {
  const { ctx } = call;
  const now = new Date(ctx.now());
  await inTransaction(ctx.pool, async (client) => {
    const flow = await getVerificationFlow(client, call.flow.id, { lock: true });
    if (flow?.state !== 'choose_method' || flow.outcome !== null) return;
    countAttempt(verificationStore, flow, ctx.config.limits, now);
    await verificationStore.save(client, flow);
  });
  return answerFlow(call, 200, [{ message: 'verification_code_wrong' }]);
}
