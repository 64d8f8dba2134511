import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** The judgements of one kind of flow. */
export interface Judgements<Judgement> {
  /** The judgement that this submission got before, if any. */
  get(db: Queryable, flowId: string, submissionId: string): Promise<Judgement | undefined>;
  /** Keeps a judgement, so that the same submission gets it again. */
  keep(db: Queryable, flowId: string, submissionId: string, judgement: Judgement, now: Date): Promise<void>;
}

/** The judgements that are kept in `table`. */
export function judgementsIn<Judgement>(
  table: 'recovery_submissions' | 'verification_submissions',
): Judgements<Judgement> {
  const get = statement<{ verdict: Judgement }>(
    `${table}-get`,
    `SELECT verdict FROM ${table} WHERE flow_id = $1 AND submission_id = $2`,
  );
  const insert = statement<never>(
    `${table}-insert`,
    `INSERT INTO ${table} (flow_id, submission_id, verdict, judged_at) VALUES ($1, $2, $3, $4)`,
  );
  return {
    get: async (db, flowId, submissionId) => (await get(db, [flowId, submissionId]))[0]?.verdict,
    async keep(db, flowId, submissionId, judgement, now) {
      await insert(db, [flowId, submissionId, JSON.stringify(judgement), now]);
    },
  };
}
