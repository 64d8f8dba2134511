import type { Gap } from './compare.js';
import { DIFFERENCES, explain, NOT_YET } from './differences.js';
import type { Difference } from './differences.js';
import { ELSEWHERE, UNBUILT } from './elsewhere.js';
import type { PlayedStep } from './player.js';
import type { PlayedRecording } from './recordings.js';

/** How a step compares. */
export type Verdict = 'same' | 'on purpose' | 'not yet' | 'differs';

/** A played step with its verdict. */
export interface Row extends PlayedStep {
  id: string;
  verdict: Verdict;
  unexplained: Gap[];
  explained: { gap: Gap; difference: Difference }[];
}

/** Judges a played step by the lists of differences. */
export function judge(played: PlayedStep): Row {
  const id = `${played.recording}.${played.step}`;
  const explained: Row['explained'] = [];
  const unexplained: Gap[] = [];
  for (const gap of played.gaps) {
    const difference = explain(id, gap);
    if (difference) explained.push({ gap, difference });
    else unexplained.push(gap);
  }
  const row = { ...played, id, explained, unexplained };
  if (unexplained.length === 0) return { ...row, verdict: explained.length === 0 ? 'same' : 'on purpose' };
  return { ...row, verdict: NOT_YET.some(({ at }) => at.includes(id)) ? 'not yet' : 'differs' };
}

/** Entries of the lists that nothing in `rows` needs, in words. */
export function idleEntries(rows: readonly Row[]): string[] {
  const uses = new Map<Difference, Set<string>>();
  for (const { id, explained } of rows)
    for (const { difference } of explained) uses.set(difference, (uses.get(difference) ?? new Set()).add(id));
  const idle: string[] = [];
  for (const difference of DIFFERENCES) {
    const used = uses.get(difference) ?? new Set();
    const unused =
      difference.at === 'anywhere'
        ? used.size === 0
          ? ['anywhere']
          : []
        : difference.at.filter((id) => !used.has(id));
    if (unused.length > 0) idle.push(`${difference.what} at ${unused.join(', ')}: ${difference.why}`);
  }
  const late = new Set(rows.filter(({ verdict }) => verdict === 'not yet').map(({ id }) => id));
  for (const { feature, at } of NOT_YET) {
    const unused = at.filter((id) => !late.has(id));
    if (unused.length > 0) idle.push(`not yet (${feature}) at ${unused.join(', ')}`);
  }
  return idle;
}

/** One line a step, for the terminal. */
export function stepLines(rows: readonly Row[]): string {
  return rows
    .map(({ id, name, verdict, unexplained, explained }) => {
      const reasons = [...new Set(explained.map(({ difference }) => difference.why))].map((why) => `\n      ${why}`);
      const gaps = unexplained.map(({ what, kratos, here }) => `\n    ! ${what}: ${kratos} => ${here}`);
      return `${verdict.padEnd(10)} ${id} ${name}${gaps.join('')}${reasons.join('')}`;
    })
    .join('\n');
}

/** How many steps of each recording compare how. */
export function countsTable(recordings: readonly PlayedRecording[], rows: readonly Row[]): string {
  const verdicts: Verdict[] = ['same', 'on purpose', 'not yet', 'differs'];
  const counts = (of: readonly Row[]): string[] =>
    [of.length, ...verdicts.map((verdict) => of.filter((row) => row.verdict === verdict).length)].map(String);
  const perRecording = recordings.map(({ id, title }) => [
    id,
    title,
    ...counts(rows.filter((row) => row.recording === id)),
  ]);
  return table(
    ['Recording', 'About', 'Steps', 'Same', 'On purpose', 'Not yet', 'Differs'],
    [...perRecording, ['', 'All', ...counts(rows)]],
  );
}

/** `docs/conformance.md`. */
export function conformancePage(recordings: readonly PlayedRecording[], rows: readonly Row[]): string {
  const late = [
    ...NOT_YET.map(({ at, feature }) => [at.join(', '), feature]),
    ...UNBUILT.map(({ ids, title, why }) => [`${ids} (all)`, `${title}: ${why}`]),
  ];
  const open = rows
    .filter(({ verdict }) => verdict === 'differs')
    .flatMap(({ id, unexplained }) => unexplained.map(({ what, kratos, here }) => [id, what, kratos, here]));
  const openTable = open.length === 0 ? '' : `## Differs\n\n${table(['Where', 'What', 'Kratos', 'Here'], open)}\n\n`;
  return `# Conformance with Ory Kratos

Exchanges that were recorded from Ory Kratos v26.2.0 are played against this service, step by step, by
\`test/conformance\`. Compared are status, headers that clients use, error ids, states, message ids, form nodes and the
shape of the JSON; values that must differ, such as ids and times, are compared by kind. The wording is this project's
own and is not compared. \`npm run conformance\` plays everything, prints the counts, writes this page, and names the file
that has what was found at each step.

${countsTable(recordings, rows)}

${openTable}## Differences on purpose

A place is the number of a recording and of a step in it. \`answer\` means that the status differs; other names are
headers, and paths in the body. \`{public}\`, \`{admin}\` and \`{ui}\` are addresses, \`{id}\` is any id.

${table(
  ['Where', 'What', 'Kratos', 'Here', 'Why'],
  DIFFERENCES.map((difference) => differenceRow(difference, rows)),
)}

## Not yet

${table(['Where', 'Needs'], late)}

## Not played

Recordings about faults, load and storage. What they showed is tested elsewhere.

${table(
  ['Recording', 'About', 'See'],
  ELSEWHERE.map(({ ids, title, why }) => [ids, title, why]),
)}
`;
}

function differenceRow(difference: Difference, rows: readonly Row[]): string[] {
  const met = rows.flatMap(({ id, explained }) =>
    explained.filter((one) => one.difference === difference).map(({ gap }) => ({ id, gap })),
  );
  const where =
    difference.at === 'anywhere' ? `${new Set(met.map(({ id }) => id)).size} steps` : difference.at.join(', ');
  const told = (side: 'kratos' | 'here'): string => {
    const values = [...new Set(met.map(({ gap }) => gap[side]))];
    return values.length === 1 ? (values[0] ?? '') : values.length === 0 ? '' : 'various';
  };
  return [where, `\`${difference.what}\``, code(told('kratos')), code(told('here')), difference.why];
}

function code(text: string): string {
  if (text === 'nothing' || text === 'various' || text === '') return text === '' ? 'empty' : text;
  return `\`${text.length > 90 ? `${text.slice(0, 87)}...` : text}\``;
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}
