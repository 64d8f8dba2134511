import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../platform/paths.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { startBreachList } from './breach-list.js';
import type { BreachList } from './breach-list.js';
import { configuration } from './configurations.js';
import { play } from './player.js';
import { loadRecording } from './recording.js';
import { RECORDINGS } from './recordings.js';
import { Stage } from './stage.js';
import { conformancePage, countsTable, idleEntries, judge, stepLines } from './table.js';
import type { Row } from './table.js';

const running = new Map<string, Promise<Harness>>();
const rows: Row[] = [];
let breaches: BreachList;

function harness(config: string): Promise<Harness> {
  const started = running.get(config) ?? startHarness({ config: configuration(config, breaches.url) });
  running.set(config, started);
  return started;
}

beforeAll(async () => void (breaches = await startBreachList({ 'breached-password-1': 4_242 })));
afterAll(async () => {
  for (const started of running.values()) await (await started).stop();
  await breaches.close();
});

describe('what Ory Kratos answered', () => {
  it.each(RECORDINGS)('is what is answered here: $id $title', { timeout: 120_000 }, async ({ id, file, config }) => {
    const steps = await play(id, loadRecording(file), async (other) => new Stage(await harness(other ?? config)));
    const judged = steps.map(judge);
    rows.push(...judged);
    expect(stepLines(judged.filter(({ verdict }) => verdict === 'differs'))).toBe('');
  });

  it('differs on purpose in no more places than are listed, and in all of them', () => {
    expect(idleEntries(rows)).toEqual([]);
  });

  it('is in docs/conformance.md as it stands (npm run conformance writes it)', async () => {
    const page = conformancePage(RECORDINGS, rows);
    const steps = join(tmpdir(), 'latchkey-conformance.txt');
    writeFileSync(steps, stepLines(rows));
    process.stdout.write(`\n${countsTable(RECORDINGS, rows)}\n\nEach step: ${steps}\n`);
    await expect(page).toMatchFileSnapshot(join(projectRoot, 'docs', 'conformance.md'));
  });
});
