import { COMMON_OPTIONS, commandLine } from './arguments.js';
import type { Command, CommandGroup, Option } from './command.js';

const LINE = 100;

const ANSWERS = 'On a terminal answers are text for people, elsewhere JSON; --json and --human choose.';
const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'done'],
  ['1', 'something failed, or a part of it'],
  ['2', 'the command line is wrong'],
  ['3', 'the service cannot be reached, or is away for the moment'],
  ['4', 'there is no such thing'],
  ['5', 'the key is missing, or not allowed this'],
  ['6', 'the service does not take these values'],
];

/** All groups: what `latchkey` alone prints. */
export function overview(groups: readonly CommandGroup[]): string {
  return `Latchkey's admin API on the command line.

Usage: latchkey <command> [options]

${columns(groups.map(({ name, summary }) => [name, summary]))}

latchkey <command> --help tells more, with examples; latchkey --version prints the version.

${wrapped(ANSWERS, LINE).join('\n')}

Exit codes:

${columns(EXIT_CODES)}

Options of every command:

${columns(COMMON_OPTIONS.map(optionRow))}
`;
}

/** The commands of a group. */
export function groupHelp(group: CommandGroup): string {
  const rows = group.commands.map((command): [string, string] => [usageOf(group, command), command.summary]);
  const examples = group.commands.map(({ examples: [first] }) => `  latchkey ${first}`).join('\n');
  return `${group.summary}\n\n${columns(rows)}\n\nExamples:\n\n${examples}\n`;
}

/** One command. */
export function commandHelp(group: CommandGroup, command: Command): string {
  const sections = [
    command.summary,
    `Usage: ${usageOf(group, command)}`,
    ...(command.details ?? []).map((paragraph) => wrapped(paragraph, LINE).join('\n')),
    ...(command.arguments?.length ? [columns(command.arguments.map(({ name, help }) => [name, help]))] : []),
    columns([...(command.options ?? []), ...COMMON_OPTIONS].map(optionRow)),
    `Examples:\n\n${command.examples.map((example) => `  latchkey ${example}`).join('\n')}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function usageOf(group: CommandGroup, command: Command): string {
  const words = (command.arguments ?? []).map(({ name, optional }) => (optional ? `[${name}]` : `<${name}>`));
  return [commandLine(group, command), ...words, ...(command.options?.length ? ['[options]'] : [])].join(' ');
}

function optionRow({ name, short, value, multiple, help }: Option): [string, string] {
  const names = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  return [names, multiple ? `${help}; may be given several times` : help];
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = ' '.repeat(width + 4);
  return rows
    .map(([left, right]) => `  ${left.padEnd(width)}  ${wrapped(right, LINE - indent.length).join(`\n${indent}`)}`)
    .join('\n');
}

/** Breaks text into lines of `width` letters at most, between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
