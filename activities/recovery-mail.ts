import type { Delivery, MailDeps } from './mail/deliver.js';
import { recoveryCodeMail, recoveryLinkMail, unknownRecipientMail } from './mail/templates.js';
import { codeLifeMs } from './put-in-force.js';
import { recoveryTokenLink } from './recovery-links.js';
import { issueOf } from './store/challenge-flows.js';
import { emailAddressesOf, findRecoveryAddress } from './store/recovery-addresses.js';
import type { RecoveryFlow } from './store/recovery-flows.js';

/** The mail of the flow's current issue; undefined when there is nobody to send it to. */
export async function recoveryMail(deps: MailDeps, flow: RecoveryFlow): Promise<Delivery | undefined> {
  const { config, keys } = deps;
  const base = { flowId: flow.id, identityId: flow.identity_id, issue: flow.issue };
  const recipient = await recipientOf(deps, flow);
  if (recipient === undefined) {
    if (!config.selfservice.flows.recovery.notifyUnknownRecipients || flow.address === null) return undefined;
    return { ...base, template: 'recovery_code_invalid', recipient: flow.address, render: unknownRecipientMail };
  }
  const lifeMs = codeLifeMs(flow, deps.now());
  if (flow.method === 'code') {
    const code = keys.recovery.code(issueOf(flow));
    return { ...base, template: 'recovery_code_valid', recipient, render: () => recoveryCodeMail({ code, lifeMs }) };
  }
  const link = recoveryTokenLink(config, flow.id, keys.recovery.linkToken(issueOf(flow)));
  return { ...base, template: 'recovery_valid', recipient, render: () => recoveryLinkMail({ link, lifeMs }) };
}

async function recipientOf(deps: MailDeps, flow: RecoveryFlow): Promise<string | undefined> {
  if (flow.identity_id === null) return undefined;
  if (flow.address === null) return (await emailAddressesOf(deps.pool, flow.identity_id))[0];
  const stored = await findRecoveryAddress(deps.pool, 'email', flow.address);
  return stored?.identity_id === flow.identity_id ? stored.value : undefined;
}
