import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { RecoveryOutcome } from '../../../workflows/domain/recovery-lifecycle.js';
import type { Verdict } from '../../../workflows/messages.js';
import { answerDisabled, answerExpired, answerFlow, answerLinkBroken, answerOver } from './answers.js';
import { claimAndAnswer } from './claim-session.js';
import { ensureStarted } from './start-workflow.js';
import { submissionId, verdictHeard } from './submission-id.js';
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
    case 'held':
      // Held accounts answer like a wrong code: it must not tell whether there is an account.
      return flow.method === 'link'
        ? answerLinkBroken(call)
        : answerFlow(call, 200, [{ message: 'recovery_code_wrong' }]);
    case 'expired':
      return answerExpired(call);
    case 'closed':
      return answerClosed(call, verdict.outcome);
    case 'disabled':
      return answerDisabled(call);
  }
}

function answerClosed(call: RecoveryCall, outcome: RecoveryOutcome): Promise<unknown> {
  if (outcome === 'expired') return answerExpired(call);
  return call.flow.method === 'link' ? answerLinkBroken(call) : answerOver(call, outcome);
}

async function judge(call: RecoveryCall, digest: string): Promise<Verdict> {
  const { ctx, flow } = call;
  const submission = { id: submissionId(call, digest), digest };
  let verdict = await ctx.workflows.submit(flow, submission);
  // No running workflow for an open row: its start was lost with the process that made the row, or it ended this moment.
  if (!verdict && (await ensureStarted(ctx, flow))) verdict = await ctx.workflows.submit(flow, submission);
  verdict ??= verdictOfRow(await getRecoveryFlow(ctx.pool, flow.id));
  verdictHeard(flow.id, digest);
  if (!verdict)
    throw new LatchkeyError('unavailable', { retryAfterSeconds: 1, private: 'open flow without a workflow' });
  return verdict;
}

/** What the row of a flow whose workflow has ended says; null while it is open. */
function verdictOfRow(flow: RecoveryFlow | undefined): Verdict | null {
  if (!flow) return { kind: 'closed', outcome: 'cancelled' };
  if (flow.outcome !== null) return { kind: 'closed', outcome: flow.outcome };
  return flow.state === 'passed_challenge' ? { kind: 'used' } : null;
}
