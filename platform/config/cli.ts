import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { Environment } from './environment.js';
import { ConfigError, loadConfig } from './load.js';
import type { LoadedConfig, LoadOptions } from './load.js';

/** What the command line of a process asks for. */
export interface Arguments {
  readonly file: string | undefined;
  readonly help: boolean;
}

/**
 * Reads `--config FILE` (or `-c FILE`) and `--help`.
 * @param argv the arguments after the script's name: `process.argv.slice(2)`
 * @throws Error in words for the person at the terminal
 */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      config: { type: 'string', short: 'c', multiple: true },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [file, ...more] = values.config ?? [];
  if (file === '') throw new Error('--config needs the name of a file.');
  if (more.length > 0) throw new Error('--config can be given once.');
  return { file, help: values.help };
}

/**
 * The configuration of a process that was started with these arguments. Prints help, or what is wrong, and ends the
 * process where there is nothing to go on with.
 */
export function configFromProcess(
  argv: readonly string[],
  env: Environment,
  options: Pick<LoadOptions, 'needs' | 'allowMissingSecrets'> = {},
): LoadedConfig {
  let args: Arguments;
  try {
    args = readArguments(argv);
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage()}`);
  }
  if (args.help) {
    process.stdout.write(usage());
    process.exit(0);
  }
  try {
    return loadConfig({ file: args.file, env, ...options });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const count = error.problems.length === 1 ? 'one thing' : `${error.problems.length} things`;
    return fail(`The configuration cannot be used: ${count} to put right.\n\n${indent(error.message)}\n`);
  }
}

function fail(text: string): never {
  process.stderr.write(text);
  process.exit(1);
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

function usage(): string {
  return `Usage: node ${basename(process.argv[1] ?? 'main.js')} [--config FILE]

  -c, --config FILE   read the configuration from this YAML file
  -h, --help          print this

Every key of the file can be set by an environment variable too: serve.public.port is SERVE_PUBLIC_PORT.
All keys are described in docs/config.md.
`;
}
