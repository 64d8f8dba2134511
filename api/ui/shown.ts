import type { UiText } from '../../schemas/messages.js';
import type { ImageNode, TextNode } from '../ui-nodes.js';
import { escapeHtml } from '../../platform/html.js';

/** What a form shows and does not ask for: a picture, a text to copy, or a list of them. */
export function shown(node: TextNode | ImageNode): string {
  const label = escapeHtml(node.meta.label.text);
  if (node.type === 'img') {
    const { src, width, height } = node.attributes;
    return `<p>${label}</p>\n<img src="${escapeHtml(src)}" width="${width}" height="${height}" alt="${label}">`;
  }
  const { text } = node.attributes;
  const list = text.context?.secrets as UiText[] | undefined;
  if (!list) return `<p>${label}</p>\n<p class="secret"><code>${escapeHtml(text.text)}</code></p>`;
  const items = list.map((item) => {
    const content = escapeHtml(item.text);
    return `<li>${item.context?.secret === undefined ? `<s>${content}</s>` : `<code>${content}</code>`}</li>`;
  });
  return `<p>${label}</p>\n<ol class="secrets">\n${items.join('\n')}\n</ol>`;
}
