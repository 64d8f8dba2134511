import { parseArgs } from 'node:util';
import type { Command, CommandGroup, Option } from './command.js';
import { usageError } from './exit.js';

/** Options that every command has. */
export const COMMON_OPTIONS: readonly Option[] = [
  {
    name: 'admin-url',
    value: 'URL',
    help: 'the admin API; otherwise LATCHKEY_ADMIN_URL, otherwise http://127.0.0.1:4434',
  },
  { name: 'key-file', value: 'FILE', help: 'a file that holds the key to it; otherwise LATCHKEY_ADMIN_KEY' },
  { name: 'json', help: 'answer with JSON; what is not a terminal gets it anyway' },
  { name: 'human', help: 'answer with text for people, also where it is not a terminal' },
  { name: 'help', short: 'h', help: 'print help with examples' },
];

/** What was asked for: the words before any command is known, and whether help is wanted. */
export interface Asked {
  readonly group: CommandGroup | undefined;
  readonly command: Command | undefined;
  readonly help: boolean;
  readonly version: boolean;
  /** The first word that names nothing. */
  readonly unknown: string | undefined;
}

/** Finds the command of a command line, without judging the rest. */
export function findCommand(argv: readonly string[], groups: readonly CommandGroup[]): Asked {
  const options = parserOptions([...COMMON_OPTIONS, { name: 'version', short: 'V', help: '' }]);
  const { values, positionals } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true });
  const asksForHelp = positionals[0] === 'help';
  const [first, second] = asksForHelp ? positionals.slice(1) : positionals;
  const group = groups.find(({ name }) => name === first);
  const own = group?.commands.find(({ name }) => name === '');
  const command = own ?? group?.commands.find(({ name }) => name === second);
  const found = { help: asksForHelp || values['help'] === true, version: values['version'] === true };
  return {
    ...found,
    group,
    command,
    unknown: group === undefined ? first : command === undefined ? second : undefined,
  };
}

/** The values of a command line, checked against what the command takes. */
export interface Values {
  readonly args: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/**
 * Reads the command line of `command`.
 * @throws CliError (usage) in words for the person at the terminal
 */
export function readArguments(argv: readonly string[], group: CommandGroup, command: Command): Values {
  const known = [...COMMON_OPTIONS, ...(command.options ?? [])];
  let parsed: { values: Values['options']; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...argv], options: parserOptions(known), allowPositionals: true });
  } catch (error) {
    // Node goes on to explain what nobody meant.
    throw usageError((error as Error).message.split('. ')[0]?.replace(/\.?$/, '.') ?? '', helpHint(group, command));
  }
  const words = parsed.positionals.slice(command.name === '' ? 1 : 2);
  const wanted = command.arguments ?? [];
  const missing = wanted.find((argument, index) => argument.optional === undefined && words[index] === undefined);
  if (missing) throw usageError(`${missing.name} is missing.`, helpHint(group, command));
  if (words.length > wanted.length) {
    throw usageError(`"${words[wanted.length] ?? ''}" is one argument too many.`, helpHint(group, command));
  }
  return { args: wanted.map((_, index) => words[index]), options: parsed.values };
}

/** The words that call a command, such as `latchkey identities list`. */
export function commandLine(group: CommandGroup, command?: Command): string {
  return ['latchkey', group.name, command?.name ?? ''].filter(Boolean).join(' ');
}

function helpHint(group: CommandGroup, command: Command): string {
  return `${commandLine(group, command)} --help tells what it takes.`;
}

function parserOptions(options: readonly Option[]) {
  return Object.fromEntries(
    options.map(({ name, short, value, multiple }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && { short }),
        ...(multiple && { multiple }),
      },
    ]),
  );
}
