import { lookupSecretsOf } from '../../../activities/store/second-factors.js';
import { unseal } from '../../../platform/sealed.js';
import type { UiText } from '../../../schemas/messages.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { submitNode, textNode } from '../../ui-nodes.js';
import type { UiNode } from '../../ui-nodes.js';
import { isPrivileged } from '../aal.js';
import { lookupContext } from '../sealed-contexts.js';
import type { OpenSettings } from './open.js';

/** The backup codes: new ones to keep and confirm, those in force if asked for, and what can be done with them. */
export function lookupNodes(ctx: ApiContext, { flow, identity, session }: OpenSettings): UiNode[] {
  if (!ctx.config.selfservice.methods.lookupSecret.enabled) return [];
  const button = (action: string, label: Parameters<typeof submitNode>[3]): UiNode =>
    submitNode('lookup_secret', `lookup_secret_${action}`, 'true', label);
  const open = (sealed: string): string[] =>
    JSON.parse(unseal(ctx.config.secrets, sealed, lookupContext(identity.id))) as string[];

  const present = lookupSecretsOf(identity);
  const privileged = isPrivileged(ctx, session);
  if (flow.lookup_draft !== null && privileged) {
    return [codesNode(open(flow.lookup_draft), []), button('confirm', 'label_lookup_confirm')];
  }
  if (!present) return [button('regenerate', 'label_lookup_regenerate')];
  if (!flow.lookup_revealed || !privileged) {
    return [button('reveal', 'label_lookup_reveal'), button('disable', 'label_lookup_disable')];
  }
  return [
    button('regenerate', 'label_lookup_regenerate'),
    codesNode(open(present.sealed_codes), present.used_at),
    button('disable', 'label_lookup_disable'),
  ];
}

function codesNode(codes: readonly string[], usedAt: readonly (string | null)[]): UiNode {
  const secrets = codes.map((secret, at): UiText => {
    const used = usedAt[at];
    if (!used) return uiText('lookup_secret', { secret });
    return uiText('lookup_secret_used', { used_at: used, used_at_unix: Math.floor(Date.parse(used) / 1_000) });
  });
  const list = codes.map((secret, at) => (usedAt[at] ? 'used' : secret)).join(', ');
  const text = { ...uiText('lookup_secret_list', { list }), context: { secrets } };
  return textNode('lookup_secret', 'lookup_secret_codes', text, 'label_lookup_codes');
}
