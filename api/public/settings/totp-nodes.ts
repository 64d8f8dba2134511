import { totpOf } from '../../../activities/store/second-factors.js';
import { keepTotpDraft } from '../../../activities/store/settings-flows.js';
import { seal, unseal } from '../../../platform/sealed.js';
import { newTotpSecret, totpUrl } from '../../../platform/totp.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { qrCodeImage } from '../../qr-code.js';
import { imageNode, inputNode, submitNode, textNode } from '../../ui-nodes.js';
import type { UiNode } from '../../ui-nodes.js';
import { totpContext } from '../sealed-contexts.js';
import type { OpenSettings } from './open.js';

/** The authenticator app: a new secret to scan, or, where there is one, the button that removes it. */
export async function totpNodes(ctx: ApiContext, opened: OpenSettings): Promise<UiNode[]> {
  const { totp } = ctx.config.selfservice.methods;
  if (!totp.enabled) return [];
  const { identity } = opened;
  if (totpOf(identity)) {
    return [
      inputNode(
        'totp',
        { name: 'totp_unlink', type: 'submit', value: 'true', required: true },
        uiText('label_totp_unlink'),
      ),
    ];
  }
  const secret = await draftSecret(ctx, opened);
  const account = identity.credentials.find(({ type }) => type === 'password')?.identifiers[0] ?? identity.id;
  return [
    imageNode('totp', 'totp_qr', qrCodeImage(totpUrl(secret, { issuer: totp.issuer, account })), 'label_totp_qr'),
    textNode('totp', 'totp_secret_key', uiText('totp_secret', { secret }), 'label_totp_secret'),
    inputNode('totp', { name: 'totp_code', type: 'text', required: true }, uiText('label_totp_verify')),
    submitNode('totp', 'method', 'totp', 'label_save'),
  ];
}

/** The secret that this flow shows until it is confirmed; made when first shown. */
async function draftSecret(ctx: ApiContext, { flow, identity }: OpenSettings): Promise<string> {
  const context = totpContext(identity.id);
  const made = (): string => seal(ctx.config.secrets, newTotpSecret(), context);
  return unseal(ctx.config.secrets, flow.totp_draft ?? (await keepTotpDraft(ctx.pool, flow.id, made())), context);
}
