import { MESSAGES, uiText } from '../schemas/messages.js';
import type { MessageId, StoredMessage, UiText } from '../schemas/messages.js';

type Group = 'default' | 'code' | 'link' | 'password' | 'profile' | 'totp' | 'lookup_secret';

/** What a person fills in or presses. */
export interface InputNode {
  type: 'input';
  group: Group;
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

/** Text that a person is to read or copy. */
export interface TextNode {
  type: 'text';
  group: Group;
  attributes: { text: UiText; id: string; node_type: 'text' };
  messages: UiText[];
  meta: { label: UiText };
}

/** A picture. */
export interface ImageNode {
  type: 'img';
  group: Group;
  attributes: { src: string; id: string; width: number; height: number; node_type: 'img' };
  messages: UiText[];
  meta: { label: UiText };
}

/** One element of a form, as Kratos' clients draw it. */
export type UiNode = InputNode | TextNode | ImageNode;

/** The form of a flow. */
export interface Ui {
  action: string;
  method: 'POST';
  nodes: UiNode[];
  messages?: UiText[];
}

type Attributes = Omit<InputNode['attributes'], 'disabled' | 'node_type'>;

/** An input. Keys stand in Kratos' order. */
export function inputNode(group: Group, attributes: Attributes, label?: UiText): InputNode {
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
export function submitNode(group: Group, name: string, value: string, label: MessageId): InputNode {
  return inputNode(group, { name, type: 'submit', value }, uiText(label));
}

/** A text under a label. */
export function textNode(group: Group, id: string, text: UiText, label: MessageId): TextNode {
  return {
    type: 'text',
    group,
    attributes: { text, id, node_type: 'text' },
    messages: [],
    meta: { label: uiText(label) },
  };
}

/** A picture under a label. */
export function imageNode(
  group: Group,
  id: string,
  image: { src: string; width: number; height: number },
  label: MessageId,
): ImageNode {
  const { src, width, height } = image;
  return {
    type: 'img',
    group,
    attributes: { src, id, width, height, node_type: 'img' },
    messages: [],
    meta: { label: uiText(label) },
  };
}

/** The hidden CSRF token; empty in flows for apps. */
export function csrfNode(value: string): InputNode {
  return inputNode('default', { name: 'csrf_token', type: 'hidden', value, required: true });
}

/** Puts each message where it belongs: on its field, or on the form. */
export function withMessages(ui: Ui, messages: readonly StoredMessage[]): Ui {
  const general: UiText[] = [];
  const nodes = ui.nodes.map((node) => ({ ...node }));
  for (const { message, context, field } of messages) {
    const text = uiText(message, context);
    const node = nodes.find((candidate) => candidate.type === 'input' && candidate.attributes.name === field);
    if (node) node.messages = [...node.messages, text];
    else general.push(text);
  }
  return { action: ui.action, method: ui.method, nodes, ...(general.length > 0 && { messages: general }) };
}

/** True for messages that say that something is wrong. */
export function isError(message: StoredMessage): boolean {
  return MESSAGES[message.message].type === 'error';
}
