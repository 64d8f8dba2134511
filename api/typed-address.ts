import { normalizeAddress } from '../platform/addresses.js';
import type { UiText } from '../schemas/messages.js';
import { uiText } from '../schemas/messages.js';
import type { ApiContext } from './context.js';

/**
 * The stored spelling of what a person typed as their address: an e-mail address, or, where the identity schemas have
 * telephones for this and text messages can be sent, a telephone number. Undefined when it is neither.
 */
export function typedAddress(ctx: ApiContext, purpose: 'recovery' | 'verification', typed: string): string | undefined {
  return normalizeAddress('email', typed) ?? (takesPhones(ctx, purpose) ? normalizeAddress('sms', typed) : undefined);
}

/** How the input for such an address is typed and labelled. */
export function addressInput(ctx: ApiContext, purpose: 'recovery' | 'verification'): { type: string; label: UiText } {
  return takesPhones(ctx, purpose)
    ? { type: 'text', label: uiText('label_address') }
    : { type: 'email', label: uiText('label_email') };
}

/** True where telephones are addresses and text messages can be sent. */
export function takesPhones(ctx: ApiContext, purpose: 'recovery' | 'verification'): boolean {
  return ctx.config.courier.sms !== null && ctx.identitySchemas.vias(purpose).includes('sms');
}
