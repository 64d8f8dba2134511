import { escapeHtml } from '../../../platform/html.js';
import { isTruthy, printed, valueOf } from './expressions.js';
import { htmlContexts } from './html-context.js';
import type { HtmlContext } from './html-context.js';
import { parseTemplate, TemplateError } from './syntax.js';
import type { Node, Parsed } from './syntax.js';

export { TemplateError } from './syntax.js';

/** Blocks that call each other deeper than this call each other for ever. */
const MAX_DEPTH = 20;
const SAFE_ADDRESS = /^(https?:|mailto:|tel:)/i;

/** A template that was read: fills in values. */
export type Template = (data: Readonly<Record<string, unknown>>) => string;

/**
 * Reads a template in a subset of Go's language. In HTML every value is escaped for the place in which it stands, so
 * that whatever a trait holds arrives inert. @throws TemplateError
 */
export function compileTemplate(source: string, format: 'text' | 'html'): Template {
  const parsed = parseTemplate(source);
  checkCalls(parsed, parsed.body, []);
  const contexts = format === 'html' ? htmlContexts(parsed) : undefined;
  return (data) => render(parsed, contexts, parsed.body, data);
}

function render(
  parsed: Parsed,
  contexts: Map<Node, HtmlContext> | undefined,
  nodes: readonly Node[],
  data: unknown,
): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case 'text':
          return node.text;
        case 'value':
          return safe(printed(valueOf(node.expression, data)), contexts?.get(node));
        case 'if': {
          const branch = isTruthy(valueOf(node.condition, data)) ? node.then : node.otherwise;
          return render(parsed, contexts, branch, data);
        }
        case 'call':
          return render(parsed, contexts, parsed.blocks.get(node.name) ?? [], valueOf(node.data, data));
      }
    })
    .join('');
}

function safe(value: string, context: HtmlContext | undefined): string {
  switch (context) {
    case undefined:
      return value;
    case 'url':
      return SAFE_ADDRESS.test(value) ? escapeHtml(value) : '#';
    case 'url-part':
      return escapeHtml(encodeURIComponent(value));
    case 'text':
    case 'attribute':
      return escapeHtml(value);
  }
}

function checkCalls(parsed: Parsed, nodes: readonly Node[], open: readonly string[]): void {
  for (const node of nodes) {
    if (node.kind === 'if') checkCalls(parsed, [...node.then, ...node.otherwise], open);
    if (node.kind !== 'call') continue;
    const block = parsed.blocks.get(node.name);
    if (!block) throw new TemplateError(node.line, `there is no block ${JSON.stringify(node.name)}`);
    if (open.includes(node.name) || open.length >= MAX_DEPTH) {
      throw new TemplateError(node.line, `the block ${JSON.stringify(node.name)} calls itself`);
    }
    checkCalls(parsed, block, [...open, node.name]);
  }
}
