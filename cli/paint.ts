import type { Output } from './io.js';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** Colours for a terminal; the text itself where there is none, or where NO_COLOR is set. */
export function paintFor(
  output: Output,
  env: Readonly<Record<string, string | undefined>>,
): (style: keyof typeof CODES, text: string) => string {
  const colours = output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return (style, text) => (colours ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}
