import { createInterface } from 'node:readline/promises';
import type { Call } from './command.js';
import { CliError, EXIT, usageError } from './exit.js';

/** The option of commands that ask first. */
export const YES_OPTION = { name: 'yes', short: 'y', help: 'do not ask first' } as const;

/**
 * Asks whether to go on, unless `--yes` was given.
 * @throws CliError when the answer is no, and when there is nobody to ask
 */
export async function confirm(call: Call, question: string): Promise<void> {
  if (call.flag('yes')) return;
  const { stdin, stderr } = call.io;
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw usageError(`${question} There is nobody to ask.`, 'Give --yes to go on.');
  }
  const terminal = createInterface({ input: stdin, terminal: false });
  stderr.write(`${question} [y/N] `);
  const answer = await terminal.question('');
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.failed, 'Nothing was done.');
}
