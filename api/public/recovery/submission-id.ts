import { randomUUID } from 'node:crypto';
import { idempotencyKey } from '../../idempotency-key.js';
import type { RecoveryCall } from './submit.js';

/** Beyond this the oldest are forgotten: at worst, a repeated wrong code counts twice. */
const MAX_UNHEARD = 10_000;

/** Submissions on their way or without a verdict in time, by flow and digest. */
const unheard = new Map<string, string>();

/**
 * Under which id a submission is judged; the same id is judged, and counts, once. One that got no verdict (503) may
 * have been judged all the same, so the same code sent again is the same submission until a verdict was heard. With an
 * `Idempotency-Key` it is that for ever.
 */
export function submissionId(
  { ctx, request, flow }: Pick<RecoveryCall, 'ctx' | 'request'> & { flow: { id: string } },
  digest: string,
): string {
  const key = idempotencyKey(request);
  if (key !== undefined) return ctx.keys.submissionDigest(flow.id, `${key}|${digest}`);
  const name = nameOf(flow.id, digest);
  const id = unheard.get(name) ?? randomUUID();
  unheard.set(name, id);
  if (unheard.size > MAX_UNHEARD) unheard.delete(unheard.keys().next().value ?? '');
  return id;
}

/** A verdict was heard, or none is to come: the same code sent again is another try. */
export function verdictHeard(flowId: string, digest: string): void {
  unheard.delete(nameOf(flowId, digest));
}

function nameOf(flowId: string, digest: string): string {
  return `${flowId}|${digest}`;
}
