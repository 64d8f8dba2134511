import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { adminCode, askForCode, createPerson, flowRow, opened, submitCode } from '../../support/story.js';

const PER_ACCOUNT = 7;
const PER_FLOW = 5;
const FIRST_HOLD_MS = 30_000;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    config: { limits: { attempts_per_account: PER_ACCOUNT, attempts_per_flow: PER_FLOW, issues_per_flow: 1 } },
  });
});
afterAll(() => harness.stop());

/** Enters wrong codes and returns what came back, without what differs between any two flows. */
async function guess(flowId: string, email: string, count: number): Promise<string[]> {
  const seen: string[] = [];
  for (let attempt = 0; attempt < count; attempt += 1) {
    // Five digits are nobody's code. Another sender's address each time must not help.
    const answer = await submitCode(harness, flowId, `${10_000 + attempt}`, {
      'x-forwarded-for': `192.0.2.${attempt}`,
    });
    const alike = answer.text
      .replaceAll(email, 'EMAIL')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
    seen.push(`${answer.status} ${alike}`);
  }
  return seen;
}

/** Uses up an address's attempts over three flows. Returns the answers and the flow that is still open. */
async function useUp(email: string): Promise<{ seen: string[]; flowId: string }> {
  const [first, second, third] = [
    await askForCode(harness, email),
    await askForCode(harness, email),
    await askForCode(harness, email),
  ];
  const seen = [
    ...(await guess(first, email, PER_FLOW)),
    ...(await guess(second, email, PER_ACCOUNT - PER_FLOW)),
    // From here on nothing is compared.
    ...(await guess(second, email, 2)),
    ...(await guess(third, email, 2)),
  ];
  expect((await flowRow(harness, second)).attempts).toBe(PER_ACCOUNT - PER_FLOW);
  expect(await flowRow(harness, third)).toMatchObject({ attempts: 0, outcome: null });
  return { seen, flowId: third };
}

/** The code that was mailed for a flow. */
async function codeOf(flowId: string): Promise<string> {
  const mail = await harness.mail.waitFor(({ messageId }) => messageId.includes(flowId), 15_000);
  return /(?<!\d)\d{6}(?!\d)/.exec(mail.text)?.[0] ?? '';
}

describe('wrong codes over many flows of one account', () => {
  it('hold it for a while, and an address that nobody has looks the same', async () => {
    const person = await createPerson(harness);
    const stranger = `nobody-${person.email}`;
    const known = await useUp(person.email);
    const unknown = await useUp(stranger);
    expect(known.seen).toEqual(unknown.seen);
    expect(new Set(known.seen).size).toBe(1);
    expect(known.seen[0]).toMatch(/^200 .*4060006/);

    // Not even the right code, by whatever way it came.
    const code = await codeOf(known.flowId);
    const held = await submitCode(harness, known.flowId, code);
    expect(held.json.state).toBe('sent_email');
    const handed = await adminCode(harness, person);
    expect((await submitCode(harness, handed.flowId, handed.code)).json.state).toBe('sent_email');

    harness.clock.ahead += FIRST_HOLD_MS + 1_000;
    opened(await submitCode(harness, known.flowId, code));
    // A success ends the row of failures: the next wrong code is the first.
    const next = await adminCode(harness, person);
    await guess(next.flowId, person.email, 1);
    opened(await submitCode(harness, next.flowId, next.code));
  });

  it('hold it for twice as long when the next code is wrong as well', async () => {
    const person = await createPerson(harness);
    const { flowId } = await useUp(person.email);
    const code = await codeOf(flowId);
    harness.clock.ahead += FIRST_HOLD_MS + 1_000;
    await guess(flowId, person.email, 1);
    expect((await flowRow(harness, flowId)).attempts).toBe(1);
    harness.clock.ahead += FIRST_HOLD_MS + 1_000;
    expect((await submitCode(harness, flowId, code)).json.state).toBe('sent_email');
    harness.clock.ahead += FIRST_HOLD_MS;
    opened(await submitCode(harness, flowId, code));
  });
});
