import type { RecoveryFlow } from '../../../../activities/store/recovery-flows.js';
import { viaOf } from '../../../../platform/addresses.js';
import type { ApiContext } from '../../../context.js';
import { takesPhones } from '../../../typed-address.js';

/** Where a code can go: to the address that the person named, or to another one of the account. */
export type Way = 'given' | 'email' | 'sms';

/**
 * The ways to offer to somebody who named `address`. They follow from the identity schemas and the kind of address, and
 * from nothing that is known of the account: known and unknown addresses, with one address or many, are offered the
 * same. (Kratos lists the account's addresses, masked, beside an unsalted digest of each.)
 */
export function waysFor(ctx: ApiContext, address: string): Way[] {
  const { recoveryPlaces } = ctx.identitySchemas;
  const via = viaOf(address);
  const ways: Way[] = ['given'];
  if (recoveryPlaces('email') > (via === 'email' ? 1 : 0)) ways.push('email');
  if (takesPhones(ctx, 'recovery') && recoveryPlaces('sms') > (via === 'sms' ? 1 : 0)) ways.push('sms');
  return ways;
}

/** The value of the button for a way: different in every flow, and nothing can be learnt from it. */
export function wayToken(ctx: ApiContext, flow: Pick<RecoveryFlow, 'id'>, way: Way): string {
  return ctx.keys.submissionDigest(flow.id, `send the code to ${way}`);
}

/** An address as it is shown to somebody who typed it: `ad****@example.org`, `+49****67`. */
export function masked(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return `${address.slice(0, 3)}****${address.slice(-2)}`;
  return `${address.slice(0, Math.min(2, at))}****${address.slice(at)}`;
}
