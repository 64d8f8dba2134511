import { Readable } from 'node:stream';
import { runCli } from '../../cli/run.js';
import type { Harness } from './harness.js';
import { noteSecretsOf } from './http.js';

/** What a command line came to. */
export interface CliResult {
  exit: number;
  stdout: string;
  stderr: string;
  /** Standard output as JSON. */
  json: any;
  /** What went wrong, from standard error. */
  error: { message: string; exit: number; next?: string } | undefined;
}

/** How a run differs: a terminal in place of pipes, an environment, what is typed. */
export interface CliOptions {
  tty?: boolean;
  env?: Record<string, string>;
  stdin?: string;
}

/** Runs a command line in this process, without an environment of its own. */
export async function cli(
  argv: readonly string[],
  { tty = false, env = {}, stdin }: CliOptions = {},
): Promise<CliResult> {
  let [stdout, stderr] = ['', ''];
  const exit = await runCli(argv, {
    env: { NO_COLOR: '1', ...env },
    stdin: Object.assign(Readable.from(stdin === undefined ? [] : [stdin]), { isTTY: tty }),
    stdout: { isTTY: tty, write: (text) => void (stdout += text) },
    stderr: { isTTY: tty, write: (text) => void (stderr += text) },
  });
  const json = parsed(stdout);
  noteSecretsOf(stdout, json, []);
  return { exit, stdout, stderr, json, error: (parsed(stderr) as { error?: CliResult['error'] } | undefined)?.error };
}

/** The same against a harness. */
export function cliFor(harness: Harness): (argv: readonly string[], options?: CliOptions) => Promise<CliResult> {
  return (argv, options = {}) =>
    cli(argv, { ...options, env: { LATCHKEY_ADMIN_URL: harness.adminUrl, ...options.env } });
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
