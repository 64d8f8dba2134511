import { recoveryActionUrl } from '../../../platform/links.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { CODE_DIGITS } from '../../../platform/keys.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { addressInput } from '../../typed-address.js';
import { choiceNodes, shownState } from './choose/view.js';
import { csrfNode, inputNode, submitNode, withMessages } from '../../ui-nodes.js';
import type { Ui, UiNode } from '../../ui-nodes.js';

/** What a client is to do next. */
export type ContinueWith =
  | { action: 'set_ory_session_token'; ory_session_token: string }
  | { action: 'show_settings_ui'; flow: { id: string; url: string } }
  | { action: 'show_recovery_ui'; flow: { id: string; url: string } };

/** What of a flow's JSON depends on the request. */
export interface ViewOptions {
  /** Masked token of the browser; empty for apps. */
  csrfToken?: string;
  /** Messages of this answer only, instead of the stored ones. */
  messages?: readonly StoredMessage[];
  continueWith?: ContinueWith[];
  /** Set on answers to a submission. */
  submitted?: boolean;
}

/** A recovery flow as Kratos' clients know it. */
export function recoveryFlowView(
  ctx: ApiContext,
  flow: RecoveryFlow,
  options: ViewOptions = {},
): Record<string, unknown> & { ui: Ui } {
  const { continueWith, submitted } = options;
  return {
    id: flow.id,
    type: flow.type,
    expires_at: flow.expires_at.toISOString(),
    issued_at: flow.issued_at.toISOString(),
    request_url: flow.request_url,
    ...(flow.return_to !== null && { return_to: flow.return_to }),
    active: flow.method,
    ui: recoveryUi(ctx, flow, options),
    state: shownState(flow),
    ...(continueWith && { continue_with: continueWith }),
    ...(submitted && { transient_payload: {} }),
  };
}

function recoveryUi(ctx: ApiContext, flow: RecoveryFlow, options: ViewOptions): Ui {
  const ui: Ui = {
    action: recoveryActionUrl(ctx.config, flow.id),
    method: 'POST',
    nodes:
      flow.address_step === null
        ? nodesOf(ctx, flow, options.csrfToken ?? '')
        : choiceNodes(ctx, flow, options.csrfToken ?? ''),
  };
  return withMessages(ui, options.messages ?? flow.messages);
}

function nodesOf(ctx: ApiContext, flow: RecoveryFlow, csrfToken: string): UiNode[] {
  const { type, label } = addressInput(ctx, 'recovery');
  const email = (value?: string): UiNode =>
    inputNode(flow.method, { name: 'email', type, value, required: true }, label);
  const submit = submitNode(flow.method, 'method', flow.method, 'label_continue');
  if (flow.origin === 'admin') return flow.method === 'code' ? [codeNode(), submit] : [];
  const csrf = csrfNode(csrfToken);
  if (flow.state === 'choose_method') return [csrf, email(), submit];
  if (flow.method === 'link') return [csrf, email(flow.address ?? undefined), submit];
  return [
    csrf,
    codeNode(),
    inputNode('code', { name: 'method', type: 'hidden', value: 'code' }),
    submit,
    submitNode('code', 'email', flow.address ?? '', 'label_resend'),
  ];
}

/** The input for the code. */
export function codeNode(): UiNode {
  return inputNode(
    'code',
    {
      name: 'code',
      type: 'text',
      required: true,
      autocomplete: 'one-time-code',
      pattern: '[0-9]+',
      maxlength: CODE_DIGITS,
    },
    uiText('label_recovery_code'),
  );
}
