import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cliFor } from '../support/cli.js';
import type { FaultyHarness } from '../support/faulty-harness.js';
import { startFaultyHarness } from '../support/faulty-harness.js';
import { createPerson } from '../support/story.js';

let harness: FaultyHarness;
let run: ReturnType<typeof cliFor>;
beforeAll(async () => {
  harness = await startFaultyHarness({ workers: false, config: { temporal: { call_timeout: '300ms' } } });
  run = cliFor(harness);
});
afterAll(() => harness.stop());
afterEach(async () => {
  await harness.temporal.resume();
  await harness.postgres.resume();
});

describe('the command line', () => {
  it('ends with 3 while the database is away, having tried again, and works when it is back', async () => {
    const person = await createPerson(harness);
    await harness.postgres.refuse();
    expect(await run(['identities', 'get', person.id])).toMatchObject({
      exit: 3,
      error: { next: expect.stringContaining('latchkey doctor') as string },
    });
    await harness.postgres.resume();
    expect((await run(['identities', 'get', person.id])).exit).toBe(0);
  });

  it('makes one code although the first tries were answered with 503', async () => {
    const person = await createPerson(harness);
    await harness.temporal.refuse();
    const recovering = run(['recover', person.id]);
    // The first try writes the row and cannot start the workflow.
    await expect.poll(async () => (await flowsOf(person.id)).length).toBe(1);
    await harness.temporal.resume();
    expect((await recovering).exit).toBe(0);
    expect(await flowsOf(person.id)).toHaveLength(1);
  });
});

async function flowsOf(identityId: string): Promise<unknown[]> {
  return (await harness.pool.query('SELECT id FROM recovery_flows WHERE identity_id = $1', [identityId])).rows;
}
