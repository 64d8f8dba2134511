import type { Identity } from '../../../activities/store/identity-rows.js';
import type { JsonValue } from '../../../schemas/json.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { identityView } from '../../identity-view.js';
import { csrfNode, inputNode, submitNode, withMessages } from '../../ui-nodes.js';
import type { Ui, UiNode } from '../../ui-nodes.js';
import { lookupNodes } from './lookup-nodes.js';
import type { OpenSettings } from './open.js';
import { totpNodes } from './totp-nodes.js';

/** A settings flow as Kratos' clients know it, its nodes in Kratos' order. */
export async function settingsFlowView(
  ctx: ApiContext,
  opened: OpenSettings,
  options: { csrfToken?: string; messages?: readonly StoredMessage[] } = {},
): Promise<Record<string, unknown> & { ui: Ui }> {
  const { flow, identity } = opened;
  const action = new URL('self-service/settings', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', flow.id);
  const nodes = [
    csrfNode(options.csrfToken ?? ''),
    ...profileNodes(ctx, identity),
    ...passwordNodes(ctx),
    ...lookupNodes(ctx, opened),
    ...(await totpNodes(ctx, opened)),
  ];
  return {
    id: flow.id,
    type: flow.type,
    expires_at: flow.expires_at.toISOString(),
    issued_at: flow.issued_at.toISOString(),
    request_url: flow.request_url,
    ...(flow.return_to !== null && { return_to: flow.return_to }),
    ui: withMessages({ action: action.href, method: 'POST', nodes }, options.messages ?? flow.messages),
    identity: identityView(identity, { publicBaseUrl: ctx.config.serve.public.baseUrl, admin: false }),
    state: flow.state,
    organization_id: null,
  };
}

function profileNodes(ctx: ApiContext, identity: Identity): UiNode[] {
  if (!ctx.config.selfservice.methods.profile.enabled) return [];
  const inputs = ctx.identitySchemas
    .fields(identity.schema_id)
    .map(({ name, type, title, required, autocomplete }) =>
      inputNode(
        'profile',
        { name, type, value: traitAt(identity.traits, name), required, autocomplete },
        uiText('label_trait', { name, title }),
      ),
    );
  return [...inputs, submitNode('profile', 'method', 'profile', 'label_save')];
}

function passwordNodes(ctx: ApiContext): UiNode[] {
  if (!ctx.config.selfservice.methods.password.enabled) return [];
  return [
    inputNode(
      'password',
      { name: 'password', type: 'password', required: true, autocomplete: 'new-password' },
      uiText('label_password'),
    ),
    submitNode('password', 'method', 'password', 'label_save'),
  ];
}

function traitAt(traits: JsonValue, name: string): JsonValue | undefined {
  let value: JsonValue | undefined = traits;
  for (const key of name.split('.').slice(1)) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    value = value[key];
  }
  return value;
}
