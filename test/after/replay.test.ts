import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, it } from 'vitest';
import { leftover } from '../support/leftovers.js';

const options = { workflowBundle: { codePath: leftover.bundle } };

/** Replays every history of a folder with today's workflow code; the names of those that do not fit. */
async function mismatches(folder: string): Promise<{ replayed: number; failed: string[] }> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const histories = names.map((name) => ({
    workflowId: name,
    history: historyFromJSON(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
  }));
  const failed: string[] = [];
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    replayed += 1;
    if (error) failed.push(`${workflowId}: ${error.message}`);
  }
  return { replayed, failed };
}

describe('replay', () => {
  it('fits every history that the suite made', async () => {
    const { replayed, failed } = await mismatches(leftover.histories);
    expect(replayed).toBeGreaterThan(20);
    expect(failed).toEqual([]);
  });

  it('fits the saved histories of every released version', async () => {
    const saved = join(import.meta.dirname, '..', 'histories');
    let total = 0;
    for (const release of readdirSync(saved)) {
      const { replayed, failed } = await mismatches(join(saved, release));
      expect(failed, release).toEqual([]);
      total += replayed;
    }
    expect(total).toBeGreaterThan(0);
  });

  it('notices code that does not fit', async () => {
    const name = readdirSync(leftover.histories).find((file) => file.startsWith('recovery')) ?? '';
    const history = JSON.parse(readFileSync(join(leftover.histories, name), 'utf8')) as {
      events: Record<string, any>[];
    };
    const timer = history.events.find((event) => 'timerStartedEventAttributes' in event);
    expect(timer).toBeDefined();
    // As if the first timer had been an activity.
    delete timer?.timerStartedEventAttributes;
    Object.assign(timer ?? {}, {
      eventType: 'EVENT_TYPE_MARKER_RECORDED',
      markerRecordedEventAttributes: { markerName: 'something-else' },
    });
    await expect(Worker.runReplayHistory(options, historyFromJSON(history), name)).rejects.toThrow();
  });
});
