/** What stands between `{{` and `}}`: paths, literals, calls and pipes. */
export type Expression =
  | { kind: 'literal'; value: unknown }
  | { kind: 'path'; names: string[] }
  | { kind: 'call'; name: keyof typeof FUNCTIONS; args: Expression[] };

type Token =
  | { kind: 'literal'; value: string | number | boolean | undefined }
  | { kind: 'path'; names: string[] }
  | { kind: 'word'; word: string }
  | { kind: '(' | ')' | '|' };

/** Go's functions of these names, and `default` as Sprig has it. */
const FUNCTIONS = {
  eq: (first: unknown, ...others: unknown[]) => others.some((other) => other === first),
  ne: (first: unknown, other: unknown) => first !== other,
  not: (value: unknown) => !isTruthy(value),
  and: (...values: unknown[]) => values.find((value) => !isTruthy(value)) ?? values.at(-1),
  or: (...values: unknown[]) => values.find((value) => isTruthy(value)) ?? values.at(-1),
  default: (fallback: unknown, value: unknown) => (isTruthy(value) ? value : fallback),
} as const satisfies Record<string, (...values: unknown[]) => unknown>;

const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?<number>-?\d+(?:\.\d+)?)|(?<path>(?:\.[A-Za-z_][A-Za-z0-9_]*)+|\.(?![A-Za-z_]))|(?<word>[A-Za-z_]\w*)|(?<sign>[()|]))/y;

/** Cuts an action into tokens. @throws Error with words for the operator */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw new Error(`${JSON.stringify(text.slice(from).trim().slice(0, 20))} is not understood`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf({ string, number, path, word, sign }: Partial<Record<string, string>>): Token {
  if (string !== undefined) return { kind: 'literal', value: unquoted(string) };
  if (number !== undefined) return { kind: 'literal', value: Number(number) };
  if (path !== undefined) return { kind: 'path', names: path.split('.').filter((name) => name !== '') };
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  if (word === 'nil') return { kind: 'literal', value: undefined };
  if (word !== undefined) return { kind: 'word', word };
  return { kind: sign as '(' | ')' | '|' };
}

function unquoted(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Error(`the quoted text ${text.slice(0, 20)} has an escape that is not known`);
  }
}

/** Reads an expression. @throws Error with words for the operator */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text);
  let at = 0;

  function pipeline(closing: boolean): Expression {
    let value = call();
    while (tokens[at]?.kind === '|') {
      at += 1;
      value = call(value);
    }
    if (closing && tokens[at]?.kind !== ')') throw new Error('a ")" is missing');
    return value;
  }

  function call(piped?: Expression): Expression {
    const token = tokens[at];
    if (token?.kind !== 'word') {
      if (piped) throw new Error('after "|" a function is missing');
      return term();
    }
    at += 1;
    const { word } = token;
    if (!Object.hasOwn(FUNCTIONS, word)) throw new Error(`"${word}" is not supported`);
    const args: Expression[] = [];
    while (tokens[at] && tokens[at]?.kind !== '|' && tokens[at]?.kind !== ')') args.push(term());
    if (piped) args.push(piped);
    if (args.length === 0) throw new Error(`"${word}" needs a value`);
    return { kind: 'call', name: word as keyof typeof FUNCTIONS, args };
  }

  function term(): Expression {
    const token = tokens[at];
    at += 1;
    if (token?.kind === 'literal' || token?.kind === 'path') return token;
    if (token?.kind !== '(') throw new Error('a value is missing');
    const inner = pipeline(true);
    at += 1;
    return inner;
  }

  const expression = pipeline(false);
  if (at < tokens.length) throw new Error('there is more than one value');
  return expression;
}

/** The value of an expression. What is missing is undefined: nothing that was read can fail here. */
export function valueOf(expression: Expression, data: unknown): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'path':
      return expression.names.reduce<unknown>(
        (value, name) =>
          typeof value === 'object' && value !== null && Object.hasOwn(value, name)
            ? (value as Record<string, unknown>)[name]
            : undefined,
        data,
      );
    case 'call': {
      const run: (...values: unknown[]) => unknown = FUNCTIONS[expression.name];
      return run(...expression.args.map((arg) => valueOf(arg, data)));
    }
  }
}

/** Go's truth: not false, 0, empty or missing. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** How a value is printed. Lists, maps and what is missing print nothing. */
export function printed(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}
