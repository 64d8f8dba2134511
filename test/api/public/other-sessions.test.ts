import { afterAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { adminCode, createPerson, opened, signIn, submitCode, whoamiStatus } from '../../support/story.js';

let harness: Harness;
afterAll(() => harness.stop());

async function recoverWith(config: Record<string, unknown>): Promise<{ old: number; fresh: number }> {
  if (harness) await harness.stop();
  harness = await startHarness({ config });
  const person = await createPerson(harness, 'old-horse-battery-1');
  const before = (await signIn(harness, person.email, 'old-horse-battery-1')).json.session_token as string;
  expect(await whoamiStatus(harness, before)).toBe(200);
  const { flowId, code } = await adminCode(harness, person);
  const { token } = opened(await submitCode(harness, flowId, code));
  return { old: await whoamiStatus(harness, before), fresh: await whoamiStatus(harness, token) };
}

describe("a person's other sessions at a recovery", () => {
  it('end when after.hooks has revoke_active_sessions', async () => {
    const hooks = [{ hook: 'revoke_active_sessions' }];
    expect(await recoverWith({ selfservice: { flows: { recovery: { after: { hooks } } } } })).toEqual({
      old: 401,
      fresh: 200,
    });
  });

  it('go on without it', async () => {
    expect(await recoverWith({})).toEqual({ old: 200, fresh: 200 });
  });
});
