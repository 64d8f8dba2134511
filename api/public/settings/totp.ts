import { addTotp, removeSecondFactor, totpOf } from '../../../activities/store/second-factors.js';
import { addProof } from '../../../activities/store/sessions.js';
import { dropTotpDraft } from '../../../activities/store/settings-flows.js';
import { unseal } from '../../../platform/sealed.js';
import { totpStep } from '../../../platform/totp.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import { totpContext } from '../sealed-contexts.js';
import { answerProblem, answerSaved, assertPrivileged } from './answers.js';
import { changeSecondFactor } from './change.js';
import type { SettingsCall } from './submit.js';

/** Sets up an authenticator app, which has to show that it knows the secret, or removes it. */
export async function submitTotp(call: SettingsCall, given: { code: string; unlink: boolean }): Promise<unknown> {
  const { ctx, opened } = call;
  const { identity, session } = opened;
  assertPrivileged(call);
  if (totpOf(identity)) {
    if (given.unlink) {
      await changeSecondFactor(call, 'totp_removed', async (client) => {
        await removeSecondFactor(client, identity.id, 'totp');
      });
    }
    return answerSaved(call);
  }
  if (given.code.trim() === '') {
    return answerProblem(call, [{ message: 'missing', context: { property: 'totp_code' }, field: 'totp_code' }]);
  }
  const sealed = opened.flow.totp_draft;
  const secret = sealed === null ? undefined : unseal(ctx.config.secrets, sealed, totpContext(identity.id));
  const step = secret === undefined ? undefined : totpStep(secret, given.code, ctx.now());
  if (sealed === null || step === undefined) {
    return answerProblem(call, [{ message: 'totp_wrong', field: 'totp_code' }]);
  }
  await changeSecondFactor(call, 'totp_added', async (client, now) => {
    if (!(await addTotp(client, identity.id, { sealed_secret: sealed, last_step: step }, now))) {
      throw new LatchkeyError('conflict', {
        reason: 'An authenticator app was set up meanwhile. Open the settings again.',
      });
    }
    await dropTotpDraft(client, opened.flow.id);
    // Who sets it up has just used it.
    await addProof(client, session.id, { method: 'totp', aal: 'aal2', now, renewed: null });
  });
  return answerSaved(call);
}
