import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPartLog } from '../../stack/part-log.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-logs-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** What is shown of these lines; the file holds all of them. */
async function shownOf(lines: string[], options: { levelsEverywhere: boolean; verbose?: boolean }): Promise<string[]> {
  const shown: string[] = [];
  const log = openPartLog({ folder, name: 'part', verbose: false, ...options, show: (line) => shown.push(line) });
  for (const line of lines) log.line(line);
  await log.close();
  expect(await readFile(join(folder, 'part.log'), 'utf8')).toBe(lines.map((line) => `${line}\n`).join(''));
  return shown;
}

it('shows warnings of the service in short, each once, and everything that is no log line', async () => {
  const lines = [
    '{"level":"info","time":"2026-01-01T00:00:00Z","msg":"listening"}',
    '{"level":"warn","time":"2026-01-01T00:00:01Z","err":{"type":"TransportError"},"msg":"Temporal is away"}',
    '{"level":"warn","time":"2026-01-01T00:00:02Z","err":{"type":"TransportError"},"msg":"Temporal is away"}',
    'Error: cannot find module',
  ];
  expect(await shownOf(lines, { levelsEverywhere: true })).toEqual([
    'part | warn: Temporal is away (TransportError)',
    'part | Error: cannot find module',
  ]);
});

it('shows only errors and warnings of Postgres and Temporal', async () => {
  const lines = [
    '2026-01-01 00:00:00.000 UTC [7] LOG:  database system is ready to accept connections',
    '2026-01-01 00:00:00.000 UTC [7] FATAL:  could not write lock file',
    'CLI 1.5.1 (Server 1.29.1, UI 2.42.1)',
    'time=2026-01-01T00:00:00.000 level=INFO msg=started',
    'time=2026-01-01T00:00:00.000 level=ERROR msg=failed',
  ];
  expect(await shownOf(lines, { levelsEverywhere: false })).toEqual([`part | ${lines[1]}`, `part | ${lines[4]}`]);
});

it('shows every line as it is when asked to', async () => {
  const lines = ['{"level":"info","msg":"listening"}', '{"level":"info","msg":"listening"}'];
  expect(await shownOf(lines, { levelsEverywhere: true, verbose: true })).toEqual(
    lines.map((line) => `part | ${line}`),
  );
});
