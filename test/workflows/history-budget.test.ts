import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { invite, nthMail, outcomeOfInvite, partsOf, stepsOf } from '../support/invites.js';
import { adminCode, askForCode, createPerson, mailedCode, opened, setPassword, submitCode } from '../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

async function historyOf(flowId: string): Promise<{ events: number; bytes: number }> {
  const description = await harness.workflows.handle(flowId).describe();
  return { events: description.historyLength, bytes: description.historySize ?? Infinity };
}

// Every event costs the server a write; these are ceilings, not targets.
describe('the history of a recovery', () => {
  it("takes at most 15 events and 4 KB for an administrator's recovery up to the open session", async () => {
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    opened(await submitCode(harness, flowId, code));
    const { events, bytes } = await historyOf(flowId);
    expect(events).toBeLessThanOrEqual(15);
    expect(bytes).toBeLessThanOrEqual(4_096);
  });

  it('takes at most 20 with the mail of its code', async () => {
    const person = await createPerson(harness);
    const flowId = await askForCode(harness, person.email);
    const code = await mailedCode(harness, person.email);
    await expect.poll(async () => (await historyOf(flowId)).events).toBeGreaterThanOrEqual(11);
    opened(await submitCode(harness, flowId, code));
    expect((await historyOf(flowId)).events).toBeLessThanOrEqual(20);
  });

  it('takes at most 25 up to the new password and its notice', async () => {
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    const session = opened(await submitCode(harness, flowId, code));
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    expect(await harness.workflows.handle(flowId).result()).toBe('recovered');
    expect((await historyOf(flowId)).events).toBeLessThanOrEqual(25);
  });

  it('shows operators a summary, search attributes and the story in plain words', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    await submitCode(harness, flowId, code === '000000' ? '000001' : '000000');
    opened(await submitCode(harness, flowId, code));
    const handle = harness.workflows.handle(flowId);
    const described = await handle.describe();
    expect(await described.staticSummary()).toBe('Recovery by code, asked for by an administrator');
    const attributes = Object.fromEntries(
      described.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      LatchkeyKind: 'recovery',
      LatchkeyState: 'passed_challenge',
      LatchkeyIdentityId: person.id,
      LatchkeyExpiresAt: expect.any(Date) as Date,
    });
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(/a wrong code was entered\n.*the right code was entered/s);
  });
});

describe('the history of an invite', () => {
  const length = async (id: string): Promise<number> =>
    (await harness.workflows.handle(id, 'invite').describe()).historyLength;

  it('takes at most 12 events while it waits, its mail included, and 40 up to its end', async () => {
    const { id, email } = await invite(harness);
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    await expect.poll(() => stepsOf(harness, id)).toEqual(['pending', 'sent']);
    await expect.poll(() => length(id)).toBeGreaterThanOrEqual(12);
    expect(await length(id)).toBe(12);
    const session = opened(await submitCode(harness, flowId, code));
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect(await length(id)).toBeLessThanOrEqual(40);
  });

  it('takes at most 7 while it waits when the caller brings the code', async () => {
    const { id } = await invite(harness, { delivery: 'none' });
    await expect.poll(() => length(id)).toBeGreaterThanOrEqual(6);
    expect(await length(id)).toBeLessThanOrEqual(7);
  });

  it('shows operators a summary, search attributes and the story in plain words', async () => {
    const { id, identityId, email } = await invite(harness);
    await nthMail(harness, email, 1);
    await expect.poll(() => length(id)).toBeGreaterThanOrEqual(12);
    const handle = harness.workflows.handle(id, 'invite');
    const described = await handle.describe();
    expect(await described.staticSummary()).toBe('Invite by code');
    const attributes = Object.fromEntries(
      described.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({ LatchkeyKind: 'invite', LatchkeyIdentityId: identityId });
    const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(
      /invite made; its deadline is .*\n.*mail \(invite\): the mail server took it/s,
    );
  });
});
