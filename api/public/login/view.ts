import { getIdentity } from '../../../activities/store/identities.js';
import type { Identity } from '../../../activities/store/identity-rows.js';
import type { LoginFlow } from '../../../activities/store/login-flows.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { csrfNode, inputNode, submitNode, withMessages } from '../../ui-nodes.js';
import type { Ui, UiNode } from '../../ui-nodes.js';
import { secondFactorsOf } from '../aal.js';

/** A login flow as Kratos' clients know it. */
export async function loginFlowView(
  ctx: ApiContext,
  flow: LoginFlow,
  options: { csrfToken?: string; identifier?: string; messages?: readonly StoredMessage[] } = {},
): Promise<Record<string, unknown> & { ui: Ui }> {
  const action = new URL('self-service/login', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', flow.id);
  const identity = flow.identity_id === null ? undefined : await getIdentity(ctx.pool, flow.identity_id);
  const nodes = [csrfNode(options.csrfToken ?? ''), ...nodesOf(ctx, flow, identity, options.identifier ?? '')];
  return {
    id: flow.id,
    organization_id: null,
    type: flow.type,
    expires_at: flow.expires_at.toISOString(),
    issued_at: flow.issued_at.toISOString(),
    request_url: flow.request_url,
    ...(flow.return_to !== null && { return_to: flow.return_to }),
    ui: withMessages({ action: action.href, method: 'POST', nodes }, options.messages ?? flow.messages),
    created_at: flow.issued_at.toISOString(),
    updated_at: flow.issued_at.toISOString(),
    refresh: flow.refresh,
    requested_aal: flow.requested_aal,
    state: 'choose_method',
  };
}

function nodesOf(ctx: ApiContext, flow: LoginFlow, identity: Identity | undefined, typed: string): UiNode[] {
  if (flow.requested_aal === 'aal2') return identity ? secondFactorNodes(ctx, identity) : [];
  // Who signs in once more is known: no other name is asked for.
  const known = identity?.credentials.find(({ type }) => type === 'password')?.identifiers[0];
  return [
    known === undefined
      ? inputNode('default', { name: 'identifier', type: 'text', value: typed, required: true }, identifierLabel(ctx))
      : inputNode('default', { name: 'identifier', type: 'hidden', value: known }),
    inputNode(
      'password',
      { name: 'password', type: 'password', required: true, autocomplete: 'current-password' },
      uiText('label_password'),
    ),
    submitNode('password', 'method', 'password', 'label_sign_in'),
  ];
}

function secondFactorNodes(ctx: ApiContext, identity: Identity): UiNode[] {
  const factors = secondFactorsOf(ctx, identity);
  const nodes: UiNode[] = [];
  if (factors.includes('totp')) {
    const attributes = { name: 'totp_code', type: 'text', value: '', required: true };
    nodes.push(inputNode('totp', attributes, uiText('label_totp_login')));
    nodes.push(submitNode('totp', 'method', 'totp', 'label_use_totp'));
  }
  if (factors.includes('lookup_secret')) {
    const attributes = { name: 'lookup_secret', type: 'text', value: '', required: true };
    nodes.push(inputNode('lookup_secret', attributes, uiText('label_lookup_login')));
    nodes.push(submitNode('lookup_secret', 'method', 'lookup_secret', 'label_use_lookup'));
  }
  return nodes;
}

/** The login name is labelled like the trait that it comes from. */
function identifierLabel(ctx: ApiContext) {
  const fields = ctx.identitySchemas.fields(ctx.config.identity.defaultSchemaId);
  const field = fields.find(({ type }) => type === 'email') ?? fields[0];
  return uiText('label_trait', { name: field?.name ?? 'identifier', title: field?.title ?? 'Login name' });
}
