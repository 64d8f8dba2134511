import type { MailJobs } from '../workflows/ports.js';
import { deliver } from './mail/deliver.js';
import type { MailDeps } from './mail/deliver.js';
import { deliverToAll } from './mail/deliver-to-all.js';
import { recoveryNoticeSms } from './mail/sms-texts.js';
import { recoveryNoticeMail } from './mail/templates.js';
import { putInForce } from './put-in-force.js';
import { withQuietFailures } from './quiet-failures.js';
import { recoveryMail } from './recovery-mail.js';
import { sendNotice } from './send-notice.js';
import { getRecoveryFlow, recoveryStore } from './store/recovery-flows.js';
import { markAddressSent } from './store/verifiable-addresses.js';
import { verificationStore } from './store/verification-flows.js';
import { verificationMail } from './verification-mail.js';

/** The mail jobs: regular activities, on the mail task queue. */
export function createMailJobs(deps: MailDeps): MailJobs {
  return withQuietFailures<MailJobs>({
    async sendRecovery({ flowId, issue }) {
      const flow = await putInForce(deps, recoveryStore, flowId, issue);
      const delivery = flow && (await recoveryMail(deps, flow));
      return delivery && (await deliver(deps, delivery)) === 'sent' ? 'sent' : 'skipped';
    },

    async sendVerification({ flowId, issue }) {
      const flow = await putInForce(deps, verificationStore, flowId, issue);
      const delivery = flow && (await verificationMail(deps, flow));
      if (!delivery || (await deliver(deps, delivery)) !== 'sent') return 'skipped';
      if (delivery.identityId !== null) {
        await markAddressSent(deps.pool, delivery.identityId, delivery.recipient, new Date(deps.now()));
      }
      return 'sent';
    },

    async sendRecoveryNotice({ flowId }) {
      const flow = await getRecoveryFlow(deps.pool, flowId);
      // Deleted with its identity: nobody is left to tell.
      if (!flow) return 'cancelled';
      const { identity_id: identityId, outcome } = flow;
      if (outcome === null || identityId === null) return outcome;
      const recoveryUrl = new URL('self-service/recovery/browser', deps.config.serve.public.baseUrl).href;
      const at = flow.passed_at ?? new Date(deps.now());
      const passwordSet = outcome === 'recovered';
      await deliverToAll(deps, {
        flowId,
        identityId,
        template: 'recovery_notice',
        issue: 1,
        values: { RecoveryURL: recoveryUrl, HappenedAt: at.toISOString(), PasswordSet: passwordSet },
        render: () => recoveryNoticeMail({ at, passwordSet, recoveryUrl }),
        sms: () => recoveryNoticeSms({ at, recoveryUrl }),
      });
      return outcome;
    },

    sendNotice: (input) => sendNotice(deps, input),
  });
}
