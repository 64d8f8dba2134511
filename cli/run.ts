import { version } from '../platform/temporal.js';
import { findCommand, readArguments } from './arguments.js';
import type { Call } from './command.js';
import { COMMANDS } from './commands/index.js';
import { adminApi } from './connection.js';
import { CliError, EXIT, usageError } from './exit.js';
import type { ExitCode } from './exit.js';
import { commandHelp, groupHelp, overview } from './help.js';
import type { Io } from './io.js';
import { Printer } from './printer.js';

/**
 * Runs one command line.
 * @param argv the arguments after the program's name: `process.argv.slice(2)`
 * @returns the exit code; throws only what is a fault of the program
 */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitCode> {
  const json = argv.includes('--json') || (io.stdout.isTTY !== true && !argv.includes('--human'));
  const print = new Printer(io, json);
  try {
    return await run(argv, io, print);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    print.error(error);
    return error.exit;
  }
}

async function run(argv: readonly string[], io: Io, print: Printer): Promise<ExitCode> {
  refuseKeys(argv);
  const { group, command, help, version: versionAsked, unknown } = findCommand(argv, COMMANDS);
  if (help || versionAsked) {
    io.stdout.write(
      versionAsked && !group
        ? `${version}\n`
        : group
          ? command
            ? commandHelp(group, command)
            : groupHelp(group)
          : overview(COMMANDS),
    );
    return EXIT.ok;
  }
  if (!group && unknown === undefined) {
    io.stderr.write(overview(COMMANDS));
    return EXIT.usage;
  }
  if (!group) throw usageError(`There is no command "${unknown ?? ''}".`, 'latchkey --help lists them.');
  if (!command) {
    const names = group.commands.map(({ name }) => name).join(', ');
    const what = unknown === undefined ? 'needs one of' : `has no "${unknown}", only`;
    throw usageError(`latchkey ${group.name} ${what}: ${names}.`, `latchkey ${group.name} --help tells what they do.`);
  }
  const values = readArguments(argv, group, command);
  if (values.options['json'] === true && values.options['human'] === true) {
    throw usageError('--json and --human exclude each other.');
  }
  return (await command.run(callOf(values, io, print))) ?? EXIT.ok;
}

function callOf({ args, options }: ReturnType<typeof readArguments>, io: Io, print: Printer): Call {
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  const target = { adminUrl: text('admin-url'), keyFile: text('key-file') };
  return {
    args,
    text,
    texts: (name) => [options[name] ?? []].flat().filter((value) => typeof value === 'string'),
    flag: (name) => options[name] === true,
    api: () => adminApi(target, io, (warning) => print.note(warning)),
    print,
    io,
  };
}

/** Everybody on the machine can read the arguments of a process. */
function refuseKeys(argv: readonly string[]): void {
  if (!argv.some((argument) => /^--(admin-)?key(=|$)/.test(argument))) return;
  throw usageError(
    'A key is never given on the command line: other users of this machine could read it there.',
    'Put it into LATCHKEY_ADMIN_KEY, or into a file that --key-file names.',
  );
}
