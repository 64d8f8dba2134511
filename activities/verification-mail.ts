import { viaOf } from '../platform/addresses.js';
import type { Config } from '../platform/config/config.js';
import type { Delivery, MailDeps } from './mail/deliver.js';
import { codeSms, linkSms } from './mail/sms-texts.js';
import { unknownVerificationMail, verificationCodeMail, verificationLinkMail } from './mail/templates.js';
import { codeLifeMs, wholeMinutes } from './put-in-force.js';
import { issueOf } from './store/challenge-flows.js';
import { findVerifiableAddress } from './store/verifiable-addresses.js';
import type { VerificationFlow } from './store/verification-flows.js';

const WHAT = 'confirm this number';

/** The message of the flow's current issue; undefined when there is nobody to send it to. */
export async function verificationMail(deps: MailDeps, flow: VerificationFlow): Promise<Delivery | undefined> {
  const { config } = deps;
  const { address } = flow;
  if (address === null) return undefined;
  const base = { flowId: flow.id, identityId: flow.identity_id, issue: flow.issue };
  const stored = await findVerifiableAddress(deps.pool, viaOf(address), address);
  if (flow.identity_id === null || stored?.identity_id !== flow.identity_id) {
    // A text message costs money: none to numbers that anybody may type.
    if (!config.selfservice.flows.verification.notifyUnknownRecipients || viaOf(address) === 'sms') return undefined;
    const template = flow.method === 'code' ? 'verification_code_invalid' : 'verification_invalid';
    return { ...base, template, recipient: address, render: unknownVerificationMail };
  }
  const recipient = stored.value;
  const lifeMs = codeLifeMs(flow, deps.now());
  const common = { ExpiresInMinutes: wholeMinutes(lifeMs), RequestURL: flow.request_url };
  if (flow.method === 'code') {
    const code = deps.keys.verification.code(issueOf(flow));
    const link = verificationLink(config, flow.id, { code });
    return {
      ...base,
      template: 'verification_code_valid',
      recipient,
      render: () => verificationCodeMail({ code, link, lifeMs }),
      sms: () =>
        codeSms({ what: WHAT, code, lifeMs, host: new URL(config.selfservice.flows.verification.uiUrl).hostname }),
      values: { ...common, VerificationCode: code, VerificationURL: link },
    };
  }
  const link = verificationLink(config, flow.id, { token: deps.keys.verification.linkToken(issueOf(flow)) });
  return {
    ...base,
    template: 'verification_valid',
    recipient,
    render: () => verificationLinkMail({ link, lifeMs }),
    sms: () => linkSms({ what: WHAT, link, lifeMs }),
    values: { ...common, VerificationURL: link },
  };
}

/** The link that carries a code or token. Built from the configured base URL only, never from a request. */
function verificationLink(config: Config, flowId: string, proof: { code: string } | { token: string }): string {
  const url = new URL('self-service/verification', config.selfservice.methods.link.baseUrl);
  for (const [name, value] of Object.entries({ ...proof, flow: flowId })) url.searchParams.set(name, value);
  return url.href;
}
