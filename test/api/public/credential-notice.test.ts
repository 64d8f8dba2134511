import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { changePassword, signedIn } from '../../support/account-story.js';
import type { Person } from '../../support/story.js';
import { adminCode, createPerson, opened, setPassword, submitCode } from '../../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

describe('the notice of a changed password', () => {
  const noticesTo = (person: Person) =>
    harness.mail
      .messages()
      .filter(({ to, subject }) => to.includes(person.email) && subject === 'Your password was changed');

  it('goes to all addresses, says how to object, and survives that no worker runs', async () => {
    const { person, token, flowId } = await signedIn(harness);
    await harness.stopWorkers();
    expect((await changePassword(harness, token, flowId, 'brand-new-battery-9')).status).toBe(200);
    expect(noticesTo(person)).toEqual([]);
    await harness.startWorkers();
    await expect.poll(() => noticesTo(person).length, { timeout: 20_000 }).toBe(1);
    expect(noticesTo(person)[0]?.text).toContain(`${harness.publicUrl}/self-service/recovery/browser`);
    expect(noticesTo(person)[0]?.text).toContain('If it was not you');
    // Nothing in it signs in.
    expect(noticesTo(person)[0]?.text).not.toMatch(/token=|(?<!\d)\d{6}(?!\d)/);
  });

  it('does not go out for a change that was refused', async () => {
    const { person, token, flowId } = await signedIn(harness);
    expect((await changePassword(harness, token, flowId, 'short')).status).toBe(400);
    const { rows } = await harness.pool.query('SELECT * FROM notices WHERE identity_id = $1', [person.id]);
    expect(rows).toEqual([]);
  });

  it('is that of the recovery when the password was the end of one; the next is told again', async () => {
    const person = await createPerson(harness);
    const { flowId, code } = await adminCode(harness, person);
    const session = opened(await submitCode(harness, flowId, code));
    expect((await setPassword(harness, session, 'brand-new-battery-9')).status).toBe(200);
    await harness.mail.waitFor(({ to, subject }) => to.includes(person.email) && subject.includes('recovered'), 15_000);
    const kinds = async () =>
      (await harness.pool.query('SELECT kind FROM notices WHERE identity_id = $1', [person.id])).rows;
    expect(await kinds()).toEqual([]);
    expect((await setPassword(harness, session, 'brand-new-battery-10')).status).toBe(200);
    expect(await kinds()).toEqual([{ kind: 'password_changed' }]);
    await expect.poll(() => noticesTo(person).length, { timeout: 20_000 }).toBe(1);
  });
});
