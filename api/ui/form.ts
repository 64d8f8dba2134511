import { escapeHtml } from '../../activities/mail/templates.js';
import type { UiText } from '../../schemas/messages.js';
import type { Ui, UiNode } from '../ui-nodes.js';

/**
 * A flow's form as HTML that works without JavaScript: one form for each method, so that an empty password does not
 * stand in the way of the profile.
 */
export function flowForms(ui: Ui): string {
  const shared = ui.nodes.filter((node) => node.group === 'default');
  const groups = [...new Set(ui.nodes.map((node) => node.group).filter((group) => group !== 'default'))];
  const forms = groups.map((group) => formOf(ui, [...shared, ...ui.nodes.filter((node) => node.group === group)]));
  return [messageList(ui.messages ?? []), ...forms].join('\n');
}

/** Messages above a form; errors are announced at once. */
export function messageList(messages: readonly UiText[]): string {
  return messages
    .map(({ id, type, text }) => {
      const role = type === 'error' ? 'alert' : 'status';
      return `<p class="message ${type}" role="${role}" data-message-id="${id}">${escapeHtml(text)}</p>`;
    })
    .join('\n');
}

function formOf(ui: Ui, nodes: readonly UiNode[]): string {
  const [fields, buttons] = [nodes.filter((node) => !isButton(node)), nodes.filter(isButton)];
  const main = buttons.filter((node) => !isResend(node));
  // Its own form: the browser would not send a resend while the code field is empty.
  const resend = buttons.filter(isResend).map((node) => form(ui, [...nodes.filter(isHidden).map(element), button(node, true)]));
  return [form(ui, [...fields.map(element), ...main.map((node) => button(node, false))]), ...resend].join('\n');
}

function form(ui: Ui, content: readonly string[]): string {
  return `<form action="${escapeHtml(ui.action)}" method="${ui.method}">\n${content.join('\n')}\n</form>`;
}

function element(node: UiNode): string {
  const { name, type, value, required, autocomplete, pattern, maxlength } = node.attributes;
  if (isHidden(node)) return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(String(value ?? ''))}">`;
  const id = name.replace(/[^a-z0-9]/gi, '-');
  const wrong = node.messages.length > 0;
  const attributes = [
    `id="${id}" name="${escapeHtml(name)}" type="${type}"`,
    value !== undefined && type !== 'password' && `value="${escapeHtml(String(value))}"`,
    required && 'required',
    autocomplete && `autocomplete="${autocomplete}"`,
    pattern && `pattern="${pattern}" inputmode="numeric"`,
    maxlength && `maxlength="${maxlength}"`,
    wrong && `aria-invalid="true" aria-describedby="${id}-error"`,
  ].filter((attribute) => typeof attribute === 'string' && attribute !== '');
  const problems = node.messages.map(({ text }) => escapeHtml(text)).join(' ');
  return [
    `<label for="${id}">${escapeHtml(node.meta.label?.text ?? name)}</label>`,
    `<input ${attributes.join(' ')}>`,
    wrong && `<p class="field-error" id="${id}-error" role="alert">${problems}</p>`,
  ]
    .filter((part) => part !== false)
    .join('\n');
}

function button(node: UiNode, quiet: boolean): string {
  const { name, value } = node.attributes;
  const look = quiet ? ' class="quiet"' : '';
  return `<button type="submit" name="${escapeHtml(name)}" value="${escapeHtml(String(value ?? ''))}"${look}>${escapeHtml(node.meta.label?.text ?? name)}</button>`;
}

function isButton(node: UiNode): boolean {
  return node.attributes.type === 'submit';
}

function isHidden(node: UiNode): boolean {
  return node.attributes.type === 'hidden';
}

/** The button that sends the address again: it carries the address, not the method. */
function isResend(node: UiNode): boolean {
  return isButton(node) && node.attributes.name === 'email';
}
