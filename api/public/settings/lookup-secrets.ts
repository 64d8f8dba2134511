import { randomInt } from 'node:crypto';
import type { Static } from '@sinclair/typebox';
import { lookupSecretsOf, putLookupSecrets, removeSecondFactor } from '../../../activities/store/second-factors.js';
import { addProof } from '../../../activities/store/sessions.js';
import { saveShownLookupSecrets } from '../../../activities/store/settings-flows.js';
import { seal } from '../../../platform/sealed.js';
import { isPressed } from '../../../schemas/settings.js';
import type { SubmitSettingsBody } from '../../../schemas/settings.js';
import { badRequest } from '../../validation.js';
import { lookupContext } from '../sealed-contexts.js';
import { answerSaved, answerShown, assertPrivileged } from './answers.js';
import { changeSecondFactor } from './change.js';
import type { SettingsCall } from './submit.js';

/** Kratos' figures: 12 codes of 8 letters and digits, 41 bits each. */
const CODES = 12;
const CODE_LENGTH = 8;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

const ACTIONS = ['confirm', 'reveal', 'disable', 'regenerate'] as const;
type LookupAction = (typeof ACTIONS)[number];

/** Which of the buttons for backup codes was pressed; of several the first in Kratos' order. */
export function lookupActionOf(body: Static<typeof SubmitSettingsBody>): LookupAction | undefined {
  return ACTIONS.find((action) => isPressed(body[`lookup_secret_${action}`]));
}

/** Shows, makes, confirms or removes backup codes. New ones are in force once they are confirmed, not before. */
export async function submitLookupSecrets(call: SettingsCall, action: LookupAction): Promise<unknown> {
  assertPrivileged(call);
  const { ctx, opened } = call;
  const { flow, identity, session } = opened;
  switch (action) {
    case 'reveal':
      if (!lookupSecretsOf(identity)) throw badRequest('lookup_secret_reveal: there are no backup codes to show');
      await saveShownLookupSecrets(ctx.pool, flow.id, { lookup_draft: null, lookup_revealed: true });
      return answerShown(call);
    case 'regenerate': {
      const draft = seal(ctx.config.secrets, JSON.stringify(newCodes()), lookupContext(identity.id));
      await saveShownLookupSecrets(ctx.pool, flow.id, { lookup_draft: draft, lookup_revealed: false });
      return answerShown(call);
    }
    case 'confirm': {
      const { lookup_draft: draft } = flow;
      if (draft === null) throw badRequest('lookup_secret_confirm: make new backup codes first');
      await changeSecondFactor(call, 'lookup_secrets_made', async (client, now) => {
        const config = { sealed_codes: draft, used_at: Array<null>(CODES).fill(null) };
        await putLookupSecrets(client, identity.id, config, now);
        await saveShownLookupSecrets(client, flow.id, { lookup_draft: null, lookup_revealed: false });
        // Kratos' rule: who has just been given them counts as having used one.
        await addProof(client, session.id, { method: 'lookup_secret', aal: 'aal2', now, renewed: null });
      });
      return answerSaved(call);
    }
    case 'disable':
      if (lookupSecretsOf(identity)) {
        await changeSecondFactor(call, 'lookup_secrets_removed', async (client) => {
          await removeSecondFactor(client, identity.id, 'lookup_secret');
          await saveShownLookupSecrets(client, flow.id, { lookup_draft: null, lookup_revealed: false });
        });
      }
      return answerSaved(call);
  }
}

function newCodes(): string[] {
  const code = (): string => Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return Array.from({ length: CODES }, code);
}
