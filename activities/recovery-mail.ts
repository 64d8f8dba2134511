import { viaOf } from '../platform/addresses.js';
import type { Delivery, MailDeps } from './mail/deliver.js';
import { requiredRecoveryMail } from './mail/required-recovery-template.js';
import { codeSms, linkSms } from './mail/sms-texts.js';
import { recoveryCodeMail, recoveryLinkMail, unknownRecipientMail } from './mail/templates.js';
import { codeLifeMs, wholeMinutes } from './put-in-force.js';
import { flowPage, recoveryTokenLink } from '../platform/links.js';
import { issueOf } from './store/challenge-flows.js';
import { emailAddressesOf, findRecoveryAddress } from './store/recovery-addresses.js';
import type { RecoveryFlow } from './store/recovery-flows.js';

const WHAT = 'get back into your account';

/** The message of the flow's current issue; undefined when there is nobody to send it to. */
export async function recoveryMail(deps: MailDeps, flow: RecoveryFlow): Promise<Delivery | undefined> {
  const { config, keys } = deps;
  const base = { flowId: flow.id, identityId: flow.identity_id, issue: flow.issue };
  const recipient = await recipientOf(deps, flow);
  if (recipient === undefined) {
    const tells = config.selfservice.flows.recovery.notifyUnknownRecipients;
    // A text message costs money: none to numbers that anybody may type.
    if (!tells || flow.address === null || viaOf(flow.address) === 'sms') return undefined;
    const template = flow.method === 'code' ? 'recovery_code_invalid' : 'recovery_invalid';
    return { ...base, template, recipient: flow.address, render: unknownRecipientMail };
  }
  const lifeMs = codeLifeMs(flow, deps.now());
  const common = { ExpiresInMinutes: wholeMinutes(lifeMs), RequestURL: flow.request_url };
  if (flow.method === 'code') {
    const code = keys.recovery.code(issueOf(flow));
    return {
      ...base,
      template: 'recovery_code_valid',
      recipient,
      render: () =>
        flow.deliver && flow.type === 'browser'
          ? requiredRecoveryMail({ code, page: flowPage(config.selfservice.flows.recovery.uiUrl, flow.id), lifeMs })
          : recoveryCodeMail({ code, lifeMs }),
      sms: () => codeSms({ what: WHAT, code, lifeMs, host: new URL(config.selfservice.flows.recovery.uiUrl).hostname }),
      values: { ...common, RecoveryCode: code },
    };
  }
  const link = recoveryTokenLink(config, flow.id, keys.recovery.linkToken(issueOf(flow)));
  return {
    ...base,
    template: 'recovery_valid',
    recipient,
    render: () => recoveryLinkMail({ link, lifeMs }),
    sms: () => linkSms({ what: WHAT, link, lifeMs }),
    values: { ...common, RecoveryURL: link },
  };
}

async function recipientOf(deps: MailDeps, flow: RecoveryFlow): Promise<string | undefined> {
  if (flow.identity_id === null) return undefined;
  if (flow.address === null) return (await emailAddressesOf(deps.pool, flow.identity_id))[0];
  const stored = await findRecoveryAddress(deps.pool, viaOf(flow.address), flow.address);
  return stored?.identity_id === flow.identity_id ? stored.value : undefined;
}
