import type { AddressStep } from '../../../../activities/store/address-steps.js';
import type { RecoveryFlow } from '../../../../activities/store/recovery-flows.js';
import { uiText } from '../../../../schemas/messages.js';
import type { ApiContext } from '../../../context.js';
import { csrfNode, inputNode, submitNode } from '../../../ui-nodes.js';
import type { UiNode } from '../../../ui-nodes.js';
import { codeNode } from '../view.js';
import { masked, wayToken, waysFor } from './ways.js';
import type { Way } from './ways.js';

const STATES: Record<AddressStep, string> = {
  awaiting_address: 'recovery_awaiting_address',
  choosing_address: 'recovery_awaiting_address_choice',
  confirming_email: 'recovery_confirming_address',
  confirming_sms: 'recovery_confirming_address',
  done: 'recovery_awaiting_code',
};

/** The state of a flow as clients see it: the newer recovery has more of them. */
export function shownState(flow: Pick<RecoveryFlow, 'state' | 'address_step'>): string {
  return flow.address_step === null || flow.state === 'passed_challenge' ? flow.state : STATES[flow.address_step];
}

/** The form of a flow of the newer recovery. Nodes stand in Kratos' order. */
export function choiceNodes(ctx: ApiContext, flow: RecoveryFlow, csrfToken: string): UiNode[] {
  const csrf = csrfNode(csrfToken);
  const first = hidden('recovery_address', flow.first_address ?? '');
  const method = hidden('method', 'code');
  const submit = submitNode('code', 'method', 'code', 'label_continue');
  const back = submitNode('code', 'screen', 'previous', 'label_back');
  switch (flow.address_step ?? 'done') {
    case 'awaiting_address':
      return [
        csrf,
        inputNode('code', { name: 'recovery_address', type: 'text', required: true }, uiText('label_address')),
        submit,
      ];
    case 'choosing_address':
      return [csrf, ...waysFor(ctx, flow.first_address ?? '').map((way) => wayNode(ctx, flow, way)), method, first];
    case 'confirming_email':
      return [csrf, confirmNode('email'), first, submit, method, back];
    case 'confirming_sms':
      return [csrf, confirmNode('sms'), first, submit, method, back];
    case 'done':
      return [
        csrf,
        codeNode(),
        submit,
        method,
        submitNode('code', 'recovery_confirm_address', flow.address ?? '', 'label_resend'),
        first,
        back,
      ];
  }
}

function wayNode(ctx: ApiContext, flow: RecoveryFlow, way: Way): UiNode {
  const value = wayToken(ctx, flow, way);
  const labels: Record<Way, string> = {
    given: masked(flow.first_address ?? ''),
    email: 'Another e-mail address of mine',
    sms: 'A telephone number of mine',
  };
  const label = uiText('label_choice', { label: labels[way] });
  return inputNode('code', { name: 'recovery_select_address', type: 'submit', value }, label);
}

function confirmNode(via: 'email' | 'sms'): UiNode {
  const [type, label] = via === 'email' ? (['email', 'label_email'] as const) : (['tel', 'label_phone'] as const);
  return inputNode('code', { name: 'recovery_confirm_address', type, value: '', required: true }, uiText(label));
}

function hidden(name: string, value: string): UiNode {
  return inputNode('code', { name, type: 'hidden', value });
}
