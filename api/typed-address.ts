import { normalizeAddress } from '../platform/addresses.js';
import type { UiText } from '../schemas/messages.js';
import { uiText } from '../schemas/messages.js';
import type { ApiContext } from './context.js';

/**
 * The stored spelling of what a person typed as their address: an e-mail address, or, where the identity schemas have
 * telephones for this, a telephone number. Undefined when it is neither.
 */
export function typedAddress(
  ctx: ApiContext,
  purpose: 'recovery' | 'verification',
  typed: string,
): string | undefined {
  const vias = ctx.identitySchemas.vias(purpose);
  return normalizeAddress('email', typed) ?? (vias.includes('sms') ? normalizeAddress('sms', typed) : undefined);
}

/** How the input for such an address is typed and labelled. */
export function addressInput(ctx: ApiContext, purpose: 'recovery' | 'verification'): { type: string; label: UiText } {
  const phones = ctx.identitySchemas.vias(purpose).includes('sms');
  return phones
    ? { type: 'text', label: uiText('label_address') }
    : { type: 'email', label: uiText('label_email') };
}
