import type { InputNode } from '../ui-nodes.js';
import { escapeHtml } from '../../platform/html.js';

/** What a page adds to one field. */
export interface FieldOptions {
  hint?: string | undefined;
  focus?: boolean;
  /** Id of a text elsewhere on the page that belongs to this field too. */
  describedBy?: string | undefined;
}

/** One field: label, input, hint and what is wrong with it, tied together for screen readers. */
export function field(node: InputNode, { hint, focus, describedBy }: FieldOptions): string {
  const { name, type, value, required } = node.attributes;
  const text = String(value ?? '');
  if (type === 'hidden') return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(text)}">`;
  const id = name.replace(/[^a-z0-9]/gi, '-');
  const wrong = node.messages.length > 0;
  const descriptions = [describedBy, hint && `${id}-hint`, wrong && `${id}-error`].filter(Boolean).join(' ');
  const attributes = [
    `id="${id}" name="${escapeHtml(name)}"`,
    required && 'required',
    focus && 'autofocus',
    descriptions && `aria-describedby="${descriptions}"`,
    wrong && 'aria-invalid="true"',
  ].filter(isPresent);
  const problems = node.messages.map((message) => escapeHtml(message.text)).join(' ');
  return [
    `<label for="${id}">${escapeHtml(node.meta.label?.text ?? name)}</label>`,
    type === 'checkbox' ? yesOrNo(attributes, value === true) : input(node, attributes),
    hint && `<p class="hint" id="${id}-hint">${escapeHtml(hint)}</p>`,
    wrong && `<p class="field-error" id="${id}-error" role="alert">${problems}</p>`,
  ]
    .filter(isPresent)
    .join('\n');
}

function input(node: InputNode, attributes: readonly string[]): string {
  const { name, type, value, autocomplete, pattern, maxlength } = node.attributes;
  const fill = autocomplete ?? autocompleteOf(name, type);
  const more = [
    `type="${type}"`,
    value !== undefined && type !== 'password' && `value="${escapeHtml(String(value))}"`,
    fill && `autocomplete="${fill}"`,
    pattern && `pattern="${pattern}" inputmode="numeric"`,
    maxlength && `maxlength="${maxlength}"`,
  ].filter(isPresent);
  return `<input ${[...attributes, ...more].join(' ')}>`;
}

/** What a browser may fill in where the flow does not say it (WCAG 2.2, 1.3.5). */
function autocompleteOf(name: string, type: string): string | undefined {
  if (name === 'identifier') return 'username';
  if (name === 'totp_code') return 'one-time-code';
  return type === 'email' ? 'email' : undefined;
}

/** A box that is not ticked sends nothing, which would mean 'as before'; a list sends either answer. */
function yesOrNo(attributes: readonly string[], yes: boolean): string {
  const options = [
    ['true', 'Yes'],
    ['false', 'No'],
  ].map(([value, text]) => `<option value="${value}"${String(yes) === value ? ' selected' : ''}>${text}</option>`);
  return `<select ${attributes.join(' ')}>${options.join('')}</select>`;
}

function isPresent(part: string | number | boolean | undefined): part is string {
  return typeof part === 'string' && part !== '';
}
