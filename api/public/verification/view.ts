import type { VerificationFlow } from '../../../activities/store/verification-flows.js';
import { CODE_DIGITS } from '../../../platform/keys.js';
import type { StoredMessage, UiText } from '../../../schemas/messages.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { addressInput } from '../../typed-address.js';
import { csrfNode, inputNode, submitNode, withMessages } from '../../ui-nodes.js';
import type { Ui, UiNode } from '../../ui-nodes.js';

/** A link among a form's elements. */
export interface LinkNode {
  type: 'a';
  group: 'code' | 'link';
  attributes: { href: string; title: UiText; id: string; node_type: 'a' };
  messages: UiText[];
  meta: { label: UiText };
}

/** The form of a verification; once the address is verified, a link that leads on. */
export type VerificationUi = Ui | (Pick<Ui, 'action' | 'messages'> & { method: 'GET'; nodes: LinkNode[] });

/** What of a flow's JSON depends on the request. */
export interface VerificationViewOptions {
  /** Masked token of the browser; empty for apps. */
  csrfToken?: string;
  /** Messages of this answer only, instead of the stored ones. */
  messages?: readonly StoredMessage[];
  /** The code of a link that this browser opened; it saw the message, but did not begin the flow. */
  openedCode?: string | undefined;
}

/** A verification flow as Kratos' clients know it. */
export function verificationFlowView(
  ctx: ApiContext,
  flow: VerificationFlow,
  options: VerificationViewOptions = {},
): Record<string, unknown> & { ui: VerificationUi } {
  return {
    id: flow.id,
    type: flow.type,
    expires_at: flow.expires_at.toISOString(),
    issued_at: flow.issued_at.toISOString(),
    request_url: flow.request_url,
    ...(flow.return_to !== null && { return_to: flow.return_to }),
    active: flow.method,
    ui: flow.outcome === 'verified' ? doneUi(ctx, flow) : openUi(ctx, flow, options),
    state: flow.outcome === 'verified' ? 'passed_challenge' : flow.state,
  };
}

/** Where a verified person goes on. */
export function continueUrl(ctx: ApiContext, flow: VerificationFlow): string {
  return flow.return_to ?? ctx.config.selfservice.flows.verification.afterReturnUrl;
}

function doneUi(ctx: ApiContext, flow: VerificationFlow): VerificationUi {
  const href = continueUrl(ctx, flow);
  const label = uiText('label_continue');
  const on: LinkNode = {
    type: 'a',
    group: flow.method,
    attributes: { href, title: label, id: 'continue', node_type: 'a' },
    messages: [],
    meta: { label },
  };
  return { action: href, method: 'GET', nodes: [on], messages: [uiText('verification_done')] };
}

function openUi(ctx: ApiContext, flow: VerificationFlow, options: VerificationViewOptions): Ui {
  const action = new URL('self-service/verification', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', flow.id);
  const nodes = nodesOf(ctx, flow, options.openedCode);
  // Flows of apps have none, here, in Kratos.
  if (flow.type === 'browser') nodes.push(csrfNode(options.csrfToken ?? ''));
  return withMessages({ action: action.href, method: 'POST', nodes }, options.messages ?? flow.messages);
}

function nodesOf(ctx: ApiContext, flow: VerificationFlow, openedCode: string | undefined): UiNode[] {
  const { method, address } = flow;
  const submit = submitNode(method, 'method', method, 'label_continue');
  if (flow.state === 'choose_method' || method === 'link') {
    const { type, label } = addressInput(ctx, 'verification');
    return [inputNode(method, { name: 'email', type, value: address ?? undefined, required: true }, label), submit];
  }
  return [
    inputNode(
      'code',
      {
        name: 'code',
        type: 'text',
        value: openedCode,
        required: true,
        autocomplete: 'one-time-code',
        pattern: '[0-9]+',
        maxlength: CODE_DIGITS,
      },
      uiText('label_verification_code'),
    ),
    inputNode('code', { name: 'method', type: 'hidden', value: 'code' }),
    submit,
    // The address is for those who entered it.
    ...(openedCode === undefined ? [submitNode('code', 'email', address ?? '', 'label_resend')] : []),
  ];
}
