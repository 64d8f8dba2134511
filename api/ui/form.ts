import type { UiText } from '../../schemas/messages.js';
import type { InputNode, Ui, UiNode } from '../ui-nodes.js';
import { field } from './field.js';
import { escapeHtml } from '../../platform/html.js';
import { shown } from './shown.js';

/** What a page adds to the flow that it draws. */
export interface FormOptions {
  /** Heading of each group's form, on pages with several. */
  headings?: Readonly<Record<string, string>>;
  /** A sentence of help beneath a field, by its name. */
  hints?: Readonly<Record<string, string>>;
  /** Puts the cursor into the first field. For pages on which that field is all there is to do. */
  focusFirst?: boolean;
}

/**
 * A flow's form as HTML that works without JavaScript: one form for each method, so that an empty password does not
 * stand in the way of the profile.
 */
export function flowForms(ui: Ui, options: FormOptions = {}): string {
  const messages = ui.messages ?? [];
  const shared = ui.nodes.filter((node) => node.group === 'default');
  const groups = [...new Set(ui.nodes.map((node) => node.group).filter((group) => group !== 'default'))];
  const first = ui.nodes.find((node) => isInput(node) && !isButton(node) && !isHidden(node));
  const draw: Draw = {
    ui,
    field: (node) => {
      if (!isInput(node)) return shown(node);
      return field(node, {
        hint: options.hints?.[node.attributes.name],
        focus: options.focusFirst === true && node === first,
        // With the cursor in a field, its descriptions are what a screen reader says first.
        describedBy: node === first && messages.length > 0 ? 'messages' : undefined,
      });
    },
  };
  const forms = groups.map((group, index) => {
    const content = formsOf(
      draw,
      [...shared, ...ui.nodes.filter((node) => node.group === group)],
      options.headings?.[group] && group,
    );
    const heading = options.headings?.[group];
    if (heading === undefined) return content;
    return `<section${index === 0 ? ' class="first"' : ''}>\n<h2 id="${group}-heading">${escapeHtml(heading)}</h2>\n${content}\n</section>`;
  });
  return [messageList(messages), ...forms].filter((part) => part !== '').join('\n');
}

/** True when something on the form is to be put right. */
export function hasErrors(ui: Ui): boolean {
  return [...(ui.messages ?? []), ...ui.nodes.flatMap((node) => node.messages)].some(({ type }) => type === 'error');
}

/** Messages above a form; errors are announced at once. */
export function messageList(messages: readonly UiText[]): string {
  if (messages.length === 0) return '';
  const items = messages.map(({ id, type, text }) => {
    const role = type === 'error' ? 'alert' : 'status';
    return `<p class="message ${type}" role="${role}" data-message-id="${id}">${withTimes(text)}</p>`;
  });
  return `<div id="messages">\n${items.join('\n')}\n</div>`;
}

/** Escapes a text and writes the points in time within it for people: `22 November 2026, 16:29 UTC`. */
export function withTimes(text: string): string {
  return escapeHtml(text).replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (iso) => {
    const time = new Date(iso);
    const day = time.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
    return `<time datetime="${iso}">${day}, ${time.toISOString().slice(11, 16)} UTC</time>`;
  });
}

interface Draw {
  ui: Ui;
  field: (node: UiNode) => string;
}

function formsOf(draw: Draw, nodes: readonly UiNode[], labelledBy: string | undefined): string {
  const [fields, buttons] = [nodes.filter((node) => !isButton(node)), nodes.filter(isButton)];
  const main = buttons.filter((node) => !isResend(node)).map((node) => button(node, ''));
  // Its own form: the browser would not send a resend while the code field is empty.
  const resend = buttons
    .filter(isResend)
    .map((node) =>
      form(draw.ui, [...nodes.filter(isHidden).map(draw.field), button(node, ' class="quiet"')], undefined),
    );
  return [form(draw.ui, [...fields.map(draw.field), ...main], labelledBy), ...resend].join('\n');
}

function form(ui: Ui, content: readonly string[], labelledBy: string | undefined): string {
  const label = labelledBy ? ` aria-labelledby="${labelledBy}-heading"` : '';
  return `<form action="${escapeHtml(ui.action)}" method="${ui.method}"${label}>\n${content.join('\n')}\n</form>`;
}

function button(node: InputNode, attributes: string): string {
  const { name, value } = node.attributes;
  const text = escapeHtml(node.meta.label?.text ?? name);
  return `<button type="submit" name="${escapeHtml(name)}" value="${escapeHtml(String(value ?? ''))}"${attributes}>${text}</button>`;
}

function isInput(node: UiNode): node is InputNode {
  return node.type === 'input';
}

function isButton(node: UiNode): node is InputNode {
  return isInput(node) && node.attributes.type === 'submit';
}

function isHidden(node: UiNode): node is InputNode {
  return isInput(node) && node.attributes.type === 'hidden';
}

/** A button beside the form's own: it sends the address again, or goes back. It carries no method. */
function isResend(node: UiNode): boolean {
  return isButton(node) && ['email', 'recovery_confirm_address', 'screen'].includes(node.attributes.name);
}
