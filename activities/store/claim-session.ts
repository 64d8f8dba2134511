import type pg from 'pg';
import type { Config } from '../../platform/config/config.js';
import { tokenDigest } from '../../platform/keys.js';
import type { Keys } from '../../platform/keys.js';
import { inTransaction } from '../../platform/postgres.js';
import { issueOf } from './challenge-flows.js';
import { getRecoveryFlow, saveRecoveryFlow } from './recovery-flows.js';
import type { RecoveryFlow } from './recovery-flows.js';
import { claimSession } from './sessions.js';
import type { SessionDevice } from './sessions.js';

/** A session in the hands of the client that proved the code. */
export interface ClaimedSession {
  flow: RecoveryFlow;
  token: string;
  sessionExpiresAt: Date;
  settingsFlowId: string;
}

/**
 * Gives the session of a passed flow to the first claimant who knows the code that passed. Undefined when the code is
 * another one (which counts as an attempt) or someone else holds the session.
 */
export async function claimRecoveredSession(
  deps: { pool: pg.Pool; keys: Keys; config: Config },
  claim: { flowId: string; digest: string; claimant: Buffer; device: SessionDevice },
): Promise<ClaimedSession | undefined> {
  return inTransaction(deps.pool, async (client) => {
    const flow = await getRecoveryFlow(client, claim.flowId, { lock: true });
    if (!flow || flow.session_id === null || flow.settings_flow_id === null || flow.outcome !== null) return undefined;
    if (flow.attempts >= deps.config.limits.attemptsPerFlow) return undefined;
    if (!deps.keys.recovery.matches(flow.method, issueOf(flow), claim.digest)) {
      flow.attempts += 1;
      await saveRecoveryFlow(client, flow);
      return undefined;
    }
    const token = deps.keys.claimedSessionToken(flow.session_id, claim.claimant);
    const session = await claimSession(client, flow.session_id, {
      tokenDigest: tokenDigest(token),
      claimant: claim.claimant,
      device: claim.device,
    });
    return session && { flow, token, sessionExpiresAt: session.expires_at, settingsFlowId: flow.settings_flow_id };
  });
}
