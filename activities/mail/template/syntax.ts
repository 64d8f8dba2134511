/**
 * The part of Go's template language that mail templates use: `{{ .Path }}`, `if`, `else if`, `else`, `end`, `define`,
 * `template`, comments, trim markers, pipes, and the functions of `expressions.ts`. Anything else is refused when the
 * template is read, never when a mail is due. docs/messages.md describes it for operators.
 */
import { parseExpression, tokensOf } from './expressions.js';
import type { Expression } from './expressions.js';

/** A part of a template, in order. */
export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'value'; expression: Expression; line: number }
  | { kind: 'if'; condition: Expression; then: Node[]; otherwise: Node[]; line: number }
  | { kind: 'call'; name: string; data: Expression; line: number };

/** A template as it was read. */
export interface Parsed {
  body: Node[];
  /** Its `define` blocks. */
  blocks: Map<string, Node[]>;
}

/** The template cannot be used. The message says where and why. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
  }
}

interface Piece {
  kind: 'text' | 'action';
  text: string;
  line: number;
}

/** Reads a template. @throws TemplateError */
export function parseTemplate(source: string): Parsed {
  return new Parser(piecesOf(source)).run();
}

/** Cuts a source into text and actions, and takes white space off where `{{-` and `-}}` say so. */
function piecesOf(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let line = 1;
  let trimNext = false;
  const take = (text: string): void => void (line += text.split('\n').length - 1);
  for (;;) {
    const open = source.indexOf('{{', at);
    let text = open < 0 ? source.slice(at) : source.slice(at, open);
    const startLine = line;
    take(text);
    if (trimNext) text = text.trimStart();
    if (open < 0) {
      pieces.push({ kind: 'text', text, line: startLine });
      return pieces;
    }
    const close = endOfAction(source, open + 2);
    if (close < 0) throw new TemplateError(line, '"{{" without "}}"');
    let action = source.slice(open + 2, close);
    const trimBefore = /^-\s/.test(action);
    trimNext = /\s-$/.test(action);
    action = action.slice(trimBefore ? 1 : 0, trimNext ? -1 : undefined);
    pieces.push({ kind: 'text', text: trimBefore ? text.trimEnd() : text, line: startLine });
    pieces.push({ kind: 'action', text: action.trim(), line });
    take(source.slice(open, close + 2));
    at = close + 2;
  }
}

/** Where the `}}` of an action stands: one inside a quoted text or a comment does not end it. */
function endOfAction(source: string, from: number): number {
  const comment = /^-?\s*\/\*/.exec(source.slice(from, from + 20));
  let at = from;
  if (comment) {
    const end = source.indexOf('*/', from);
    return end < 0 ? -1 : source.indexOf('}}', end);
  }
  let quote = '';
  for (; at < source.length; at += 1) {
    const character = source[at] ?? '';
    if (quote !== '') {
      if (character === '\\' && quote === '"') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === '`') quote = character;
    else if (source.startsWith('}}', at)) return at;
  }
  return -1;
}

class Parser {
  private at = 0;
  private readonly blocks = new Map<string, Node[]>();

  constructor(private readonly pieces: readonly Piece[]) {}

  run(): Parsed {
    const { nodes, end } = this.nodes(0);
    if (end) throw new TemplateError(end.line, `"${end.word}" without a beginning`);
    return { body: nodes, blocks: this.blocks };
  }

  /** Nodes up to an `else` or `end`, which is returned, or to the end of the source. */
  private nodes(depth: number): { nodes: Node[]; end?: { word: string; rest: string; line: number } } {
    const nodes: Node[] = [];
    while (this.at < this.pieces.length) {
      const piece = this.pieces[this.at] as Piece;
      this.at += 1;
      if (piece.kind === 'text') {
        if (piece.text !== '') nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      const { text, line } = piece;
      if (text.startsWith('/*')) continue;
      const [word = ''] = /^[a-z]+/.exec(text) ?? [];
      const rest = text.slice(word.length).trim();
      if (word === 'else' || word === 'end') return { nodes, end: { word, rest, line } };
      if (word === 'if') nodes.push(this.conditional(rest, line, depth + 1));
      else if (word === 'define') this.define(rest, line, depth);
      else if (word === 'template') nodes.push(callOf(rest, line));
      else nodes.push({ kind: 'value', expression: expressionOf(text, line), line });
    }
    return { nodes };
  }

  private conditional(condition: string, line: number, depth: number): Node {
    if (depth > 50) throw new TemplateError(line, 'conditions are nested too deeply');
    const { nodes: then, end } = this.nodes(depth);
    if (!end) throw new TemplateError(line, '"if" without "end"');
    const node: Node = { kind: 'if', condition: expressionOf(condition, line), then, otherwise: [], line };
    if (end.word === 'end') return node;
    if (end.rest.startsWith('if ')) {
      return { ...node, otherwise: [this.conditional(end.rest.slice(3), end.line, depth + 1)] };
    }
    if (end.rest !== '') throw new TemplateError(end.line, '"else" takes "if" or nothing');
    const { nodes: otherwise, end: last } = this.nodes(depth);
    if (last?.word !== 'end') throw new TemplateError(line, '"if" without "end"');
    return { ...node, otherwise };
  }

  private define(rest: string, line: number, depth: number): void {
    const name = nameOf(rest, line);
    if (depth > 0) throw new TemplateError(line, '"define" stands inside something else');
    const { nodes, end } = this.nodes(1);
    if (end?.word !== 'end') throw new TemplateError(line, '"define" without "end"');
    this.blocks.set(name, nodes);
  }
}

function callOf(rest: string, line: number): Node {
  const match = /^("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(.*)$/s.exec(rest);
  if (!match) throw new TemplateError(line, '"template" takes a name in quotes');
  const data = match[2] ?? '';
  return {
    kind: 'call',
    name: nameOf(match[1] ?? '', line),
    data: data === '' ? { kind: 'literal', value: undefined } : expressionOf(data, line),
    line,
  };
}

function nameOf(text: string, line: number): string {
  const [token, ...more] = lineOf(() => tokensOf(text), line);
  if (token?.kind !== 'literal' || typeof token.value !== 'string' || more.length > 0) {
    throw new TemplateError(line, 'a name in quotes is missing');
  }
  return token.value;
}

function expressionOf(text: string, line: number): Expression {
  return lineOf(() => parseExpression(text), line);
}

function lineOf<T>(work: () => T, line: number): T {
  try {
    return work();
  } catch (error) {
    throw new TemplateError(line, (error as Error).message);
  }
}
