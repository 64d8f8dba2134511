import { MESSAGES, uiText } from '../schemas/messages.js';
import type { MessageId, StoredMessage, UiText } from '../schemas/messages.js';

/** One element of a form, as Kratos' clients draw it. */
export interface UiNode {
  type: 'input';
  group: 'default' | 'code' | 'link' | 'password' | 'profile';
  attributes: {
    name: string;
    type: string;
    value?: unknown;
    required?: boolean;
    autocomplete?: string;
    pattern?: string;
    disabled: boolean;
    maxlength?: number;
    node_type: 'input';
  };
  messages: UiText[];
  meta: { label?: UiText };
}

/** The form of a flow. */
export interface Ui {
  action: string;
  method: 'POST';
  nodes: UiNode[];
  messages?: UiText[];
}

type Attributes = Omit<UiNode['attributes'], 'disabled' | 'node_type'>;

/** An input. Keys stand in Kratos' order. */
export function inputNode(group: UiNode['group'], attributes: Attributes, label?: UiText): UiNode {
  const { name, type, value, required, autocomplete, pattern, maxlength } = attributes;
  return {
    type: 'input',
    group,
    attributes: {
      name,
      type,
      ...(value !== undefined && { value }),
      ...(required && { required }),
      ...(autocomplete && { autocomplete }),
      ...(pattern && { pattern }),
      disabled: false,
      ...(maxlength && { maxlength }),
      node_type: 'input',
    },
    messages: [],
    meta: label ? { label } : {},
  };
}

/** A button that sends the form with `name=value`. */
export function submitNode(group: UiNode['group'], name: string, value: string, label: MessageId): UiNode {
  return inputNode(group, { name, type: 'submit', value }, uiText(label));
}

/** The hidden CSRF token; empty in flows for apps. */
export function csrfNode(value: string): UiNode {
  return inputNode('default', { name: 'csrf_token', type: 'hidden', value, required: true });
}

/** Puts each message where it belongs: on its field, or on the form. */
export function withMessages(ui: Ui, messages: readonly StoredMessage[]): Ui {
  const general: UiText[] = [];
  const nodes = ui.nodes.map((node) => ({ ...node }));
  for (const { message, context, field } of messages) {
    const text = uiText(message, context);
    const node = field === undefined ? undefined : nodes.find((candidate) => candidate.attributes.name === field);
    if (node) node.messages = [...node.messages, text];
    else general.push(text);
  }
  return { action: ui.action, method: ui.method, nodes, ...(general.length > 0 && { messages: general }) };
}

/** True for messages that say that something is wrong. */
export function isError(message: StoredMessage): boolean {
  return MESSAGES[message.message].type === 'error';
}
