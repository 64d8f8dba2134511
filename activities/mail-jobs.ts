import { inTransaction } from '../platform/postgres.js';
import type { MailJobs } from '../workflows/ports.js';
import { deliver } from './mail/deliver.js';
import type { Delivery, MailDeps } from './mail/deliver.js';
import { recoveryCodeMail, recoveryLinkMail, recoveryNoticeMail, unknownRecipientMail } from './mail/templates.js';
import { recoveryTokenLink } from './recovery-links.js';
import { emailAddressesOf, findRecoveryAddress } from './store/recovery-addresses.js';
import { getRecoveryFlow, issueOf, saveRecoveryFlow } from './store/recovery-flows.js';
import type { RecoveryFlow } from './store/recovery-flows.js';

/** The mail jobs: regular activities, on the mail task queue. */
export function createMailJobs(deps: MailDeps): MailJobs {
  return {
    async sendRecovery({ flowId, issue }) {
      const flow = await putInForce(deps, flowId, issue);
      const delivery = flow && (await recoveryMail(deps, flow));
      if (!delivery) return 'skipped';
      await deliver(deps, delivery);
      return 'sent';
    },

    async sendRecoveryNotice({ flowId }) {
      const flow = await getRecoveryFlow(deps.pool, flowId);
      // Deleted with its identity: nobody is left to tell.
      if (!flow) return 'cancelled';
      const { identity_id: identityId, outcome } = flow;
      if (outcome === null || identityId === null) return outcome;
      const recoveryUrl = new URL('self-service/recovery/browser', deps.config.serve.public.baseUrl).href;
      for (const recipient of await emailAddressesOf(deps.pool, identityId)) {
        await deliver(deps, {
          flowId,
          identityId,
          template: 'recovery_notice',
          issue: 1,
          recipient,
          render: () =>
            recoveryNoticeMail({ at: flow.passed_at ?? new Date(deps.now()), passwordSet: outcome === 'recovered', recoveryUrl }),
        });
      }
      return outcome;
    },
  };
}

/**
 * Makes `issue` the one in force, so that older codes stop working before the new one is on its way. Undefined when the
 * flow has ended, has passed, or a later issue is in force.
 */
async function putInForce(deps: MailDeps, flowId: string, issue: number): Promise<RecoveryFlow | undefined> {
  return inTransaction(deps.pool, async (client) => {
    const flow = await getRecoveryFlow(client, flowId, { lock: true });
    const now = deps.now();
    if (!flow || flow.outcome !== null || flow.state !== 'sent_email') return undefined;
    if (flow.issue > issue || flow.expires_at.getTime() <= now) return undefined;
    if (flow.issue < issue || flow.code_expires_at === null) {
      flow.issue = issue;
      flow.code_expires_at = new Date(now + flow.code_lifespan_ms);
      await saveRecoveryFlow(client, flow);
    }
    return flow;
  });
}

/** The mail of the flow's current issue; undefined when there is nobody to send it to. */
async function recoveryMail(deps: MailDeps, flow: RecoveryFlow): Promise<Delivery | undefined> {
  const { config, keys } = deps;
  const base = { flowId: flow.id, identityId: flow.identity_id, issue: flow.issue };
  const recipient = await recipientOf(deps, flow);
  if (recipient === undefined) {
    if (!config.selfservice.flows.recovery.notifyUnknownRecipients || flow.address === null) return undefined;
    return { ...base, template: 'recovery_code_invalid', recipient: flow.address, render: unknownRecipientMail };
  }
  const ends = Math.min(flow.expires_at.getTime(), flow.code_expires_at?.getTime() ?? Infinity);
  const lifeMs = Math.max(ends - deps.now(), 1_000);
  if (flow.method === 'code') {
    const code = keys.recoveryCode(issueOf(flow));
    return { ...base, template: 'recovery_code_valid', recipient, render: () => recoveryCodeMail({ code, lifeMs }) };
  }
  const link = recoveryTokenLink(config, flow.id, keys.linkToken(issueOf(flow)));
  return { ...base, template: 'recovery_valid', recipient, render: () => recoveryLinkMail({ link, lifeMs }) };
}

async function recipientOf(deps: MailDeps, flow: RecoveryFlow): Promise<string | undefined> {
  if (flow.identity_id === null) return undefined;
  if (flow.address === null) return (await emailAddressesOf(deps.pool, flow.identity_id))[0];
  const stored = await findRecoveryAddress(deps.pool, 'email', flow.address);
  return stored?.identity_id === flow.identity_id ? stored.value : undefined;
}
