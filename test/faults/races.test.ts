import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import type { Answer } from '../support/http.js';
import { patiently } from '../support/patience.js';
import { adminCode, createPerson, flowRow, opened, submitCode, whoamiStatus } from '../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

const times = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Sends the code from `clients` clients at once. */
function race(flowId: string, code: string, clients: number): Promise<Answer[]> {
  return Promise.all(times(clients).map(() => patiently(() => submitCode(harness, flowId, code))));
}

async function expectOneWinner(flowId: string, answers: Answer[]): Promise<void> {
  const winners = answers.filter(({ status }) => status === 200);
  expect(winners).toHaveLength(1);
  const [winner] = winners;
  if (winner) expect(await whoamiStatus(harness, opened(winner).token)).toBe(200);
  for (const loser of answers.filter((answer) => answer !== winner)) {
    expect(loser.status).toBe(400);
    expect(loser.text).not.toContain('ory_st_');
  }
  const { rows } = await harness.pool.query('SELECT id FROM sessions WHERE recovery_flow_id = $1', [flowId]);
  expect(rows).toHaveLength(1);
  expect((await flowRow(harness, flowId)).outcome).toBeNull();
}

describe('the same right code', () => {
  it('from two clients at once opens one session, in each of 20 rounds', async () => {
    const person = await createPerson(harness);
    for (const _ of times(20)) {
      const { flowId, code } = await adminCode(harness, person);
      await expectOneWinner(flowId, await race(flowId, code, 2));
    }
  });

  it('from 20 clients at once opens one session', async () => {
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    await expectOneWinner(flowId, await race(flowId, code, 20));
  });
});

describe('guesses at once', () => {
  it('on one flow: 60 of them, and at most 5 are looked at', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const guesses = times(61)
      .map((guess) => String(guess).padStart(6, '0'))
      .filter((guess) => guess !== code);
    const all = guesses.slice(0, 60).map((guess) => patiently(() => submitCode(harness, flowId, guess)));
    for (const { status, text } of await Promise.all(all)) expect([200, 400], text).toContain(status);
    expect(await flowRow(harness, flowId)).toMatchObject({ attempts: 5, outcome: 'exhausted', state: 'sent_email' });
    expect((await submitCode(harness, flowId, code)).status).toBe(400);
  });
});

describe('the same submission, by its Idempotency-Key', () => {
  const submit = (flowId: string, code: string, key: string) =>
    patiently(() => submitCode(harness, flowId, code, { 'idempotency-key': key }));

  it('counts once when it is wrong, and gives one session when it is right, however often it comes', async () => {
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    const wrong = code === '000000' ? '000001' : '000000';
    const answers = await Promise.all(times(4).map(() => submit(flowId, wrong, 'first')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await submit(flowId, wrong, 'first');
    expect((await flowRow(harness, flowId)).attempts).toBe(1);
    await submit(flowId, wrong, 'second');
    expect((await flowRow(harness, flowId)).attempts).toBe(2);

    const tokens = (await Promise.all(times(4).map(() => submit(flowId, code, 'third')))).map(
      (answer) => opened(answer).token,
    );
    expect(new Set(tokens).size).toBe(1);
    expect((await submit(flowId, code, 'fourth')).status).toBe(400);
  });

  it('is refused, and not looked at, when the key is none', async () => {
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    for (const key of ['k'.repeat(256), 'two words', '\u00e9']) {
      const answer = await submit(flowId, code, key);
      expect(answer.status).toBe(400);
      expect(answer.json.error.reason).toMatch(/^Idempotency-Key: /);
    }
    expect((await flowRow(harness, flowId)).state).toBe('sent_email');
    opened(await submit(flowId, code, 'good'));
  });
});
