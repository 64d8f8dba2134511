import type { Verdict } from '../../workflows/messages.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** What judging a submission came to. */
export interface Judgement {
  verdict: Verdict;
  superseded: string[];
}

const get = statement<{ verdict: Judgement }>(
  'recovery-submission-get',
  'SELECT verdict FROM recovery_submissions WHERE flow_id = $1 AND submission_id = $2',
);
const insert = statement<never>(
  'recovery-submission-insert',
  'INSERT INTO recovery_submissions (flow_id, submission_id, verdict, judged_at) VALUES ($1, $2, $3, $4)',
);

/** The judgement that this submission got before, if any. */
export async function getJudgement(db: Queryable, flowId: string, submissionId: string): Promise<Judgement | undefined> {
  return (await get(db, [flowId, submissionId]))[0]?.verdict;
}

/** Keeps a judgement, so that the same submission gets it again. */
export async function keepJudgement(
  db: Queryable,
  flowId: string,
  submissionId: string,
  judgement: Judgement,
  now: Date,
): Promise<void> {
  await insert(db, [flowId, submissionId, JSON.stringify(judgement), now]);
}
