import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { Verdict } from '../../../workflows/messages.js';
import { answerExpired, answerFlow, answerLinkBroken, answerOver } from './answers.js';
import { claimAndAnswer } from './claim-session.js';
import { ensureStarted } from './start-workflow.js';
import type { RecoveryCall } from './submit.js';

/**
 * Submits a code. What was typed becomes a keyed digest here; only that goes further. The workflow judges, and the
 * client that sent the right code claims the session that it opened.
 */
export async function submitCode(call: RecoveryCall, typed: string): Promise<unknown> {
  const { ctx, flow } = call;
  const digest = ctx.keys.submissionDigest(flow.id, typed.trim());
  if (flow.state === 'passed_challenge') return claimAndAnswer(call, digest);
  const verdict = await judge(call, digest);
  switch (verdict.kind) {
    case 'passed':
    case 'used':
      return claimAndAnswer(call, digest);
    case 'wrong':
    case 'exhausted':
    // Held accounts answer like a wrong code: it must not tell whether there is an account.
    case 'held':
      return flow.method === 'link' ? answerLinkBroken(call) : answerFlow(call, 200, [{ message: 'recovery_code_wrong' }]);
    case 'expired':
      return answerExpired(call);
    case 'closed':
      return verdict.outcome === 'expired' ? answerExpired(call) : answerOver(call, verdict.outcome);
    case 'disabled':
      throw new LatchkeyError('identity_disabled', {
        reason: 'This account is disabled. The people who run this service can tell you more.',
      });
  }
}

async function judge(call: RecoveryCall, digest: string): Promise<Verdict> {
  const { ctx, flow } = call;
  const submission = { id: randomUUID(), digest };
  const verdict = await ctx.workflows.submit(flow.id, submission);
  if (verdict) return verdict;
  // No running workflow for an open row: its start was lost with the process that made the row, or it ended this moment.
  if (await ensureStarted(ctx, flow)) {
    const second = await ctx.workflows.submit(flow.id, submission);
    if (second) return second;
  }
  throw new LatchkeyError('unavailable', { retryAfterSeconds: 1, private: 'open flow without a workflow' });
}
