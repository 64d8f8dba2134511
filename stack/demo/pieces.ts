import type { CaughtMail } from '../mail-store.js';

/** One request and its answer, as far as it is shown. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  /** Request headers worth showing. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON body of the request; undefined when it has none. */
  readonly sent: unknown;
  readonly status: number;
  readonly statusText: string;
  /** The interesting part of the answer's JSON. */
  readonly answer: unknown;
}

/** One piece of the demo's output, in the order of the story. */
export type StoryPiece =
  | { readonly kind: 'chapter'; readonly title: string }
  | { readonly kind: 'telling'; readonly text: string }
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  | { readonly kind: 'mail'; readonly mail: Pick<CaughtMail, 'to' | 'subject' | 'text'> };

/** Hears the story, piece by piece. */
export type Print = (piece: StoryPiece) => void;

const WIDTH = 100;

/** A piece for a terminal. */
export function asText(piece: StoryPiece): string {
  switch (piece.kind) {
    case 'chapter':
      return `\n${piece.title}\n${'='.repeat(piece.title.length)}\n`;
    case 'telling':
      return `\n${wrap(piece.text)}\n`;
    case 'exchange':
      return `\n${indent(exchangeLines(piece.exchange))}\n`;
    case 'mail':
      return `\n${indent(mailLines(piece.mail), '  | ')}\n`;
  }
}

/** A piece for a Markdown file. */
export function asMarkdown(piece: StoryPiece): string {
  switch (piece.kind) {
    case 'chapter':
      return `\n## ${piece.title}\n`;
    case 'telling':
      return `\n${piece.text}\n`;
    case 'exchange':
      return `\n\`\`\`http\n${exchangeLines(piece.exchange)}\n\`\`\`\n`;
    case 'mail':
      return `\n\`\`\`text\n${mailLines(piece.mail)}\n\`\`\`\n`;
  }
}

function exchangeLines({ method, url, headers, sent, status, statusText, answer }: Exchange): string {
  return [
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(sent === undefined ? [] : [json(sent)]),
    '',
    `${status} ${statusText}`.trim(),
    ...(answer === undefined ? [] : [json(answer)]),
  ].join('\n');
}

function mailLines({ to, subject, text }: Pick<CaughtMail, 'to' | 'subject' | 'text'>): string {
  const body = text.trim().split('\n').map(wrap).join('\n');
  return `To: ${to.join(', ')}\nSubject: ${subject}\n\n${body}`;
}

/** JSON on one line where it fits, otherwise one level deeper. */
function json(value: unknown, depth = 0): string {
  const flat = JSON.stringify(value);
  if (value === null || typeof value !== 'object' || flat.length <= WIDTH - 2 * depth) return spaced(flat, value);
  const pad = '  '.repeat(depth + 1);
  const entries = Array.isArray(value)
    ? value.map((item) => `${pad}${json(item, depth + 1)}`)
    : Object.entries(value).map(([key, inner]) => `${pad}${JSON.stringify(key)}: ${json(inner, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${entries.join(',\n')}\n${'  '.repeat(depth)}${close}`;
}

/** A short value with a space after each colon and comma, as people write it. */
function spaced(flat: string, value: unknown): string {
  if (value === null || typeof value !== 'object') return flat;
  return JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
}

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

function indent(text: string, by = '  '): string {
  return text.replace(/^/gm, by).replace(/[ \t]+$/gm, '');
}
