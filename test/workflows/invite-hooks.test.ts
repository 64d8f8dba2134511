import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import type { HttpSink } from '../support/http-sink.js';
import { startHttpSink } from '../support/http-sink.js';
import { invite, nthMail, outcomeOfInvite, partsOf } from '../support/invites.js';
import { opened, setPassword, submitCode } from '../support/story.js';

let harness: Harness;
let sink: HttpSink;
beforeAll(async () => {
  sink = await startHttpSink();
  const config = { url: `${sink.url}/invites`, method: 'POST' };
  harness = await startHarness({ config: { invites: { hooks: [{ hook: 'web_hook', config }] } } });
});
afterAll(async () => {
  await harness.stop();
  await sink.stop();
});

/** What was told of an invite so far. */
function told(id: string): any[] {
  return sink.requests.map(({ body }) => JSON.parse(body)).filter((body) => body.invite?.id === id);
}

async function firstTold(id: string): Promise<any> {
  await expect.poll(() => told(id).length, { timeout: 15_000 }).toBeGreaterThan(0);
  return told(id)[0];
}

describe('the web hooks of invites', () => {
  it('tell that one was accepted, and how it came to that', async () => {
    const { id, identityId, email } = await invite(harness, { metadata_public: { team: 'blue' } });
    const { flowId, code } = partsOf(await nthMail(harness, email, 1));
    const session = opened(await submitCode(harness, flowId, code));
    await setPassword(harness, session, 'brand-new-battery-9');
    expect(await firstTold(id)).toMatchObject({
      event: 'invite',
      outcome: 'accepted',
      flow_id: flowId,
      identity_id: identityId,
      invite: { delivery: 'email', metadata_public: { team: 'blue' } },
      identity: { traits: { email } },
    });
    expect(told(id)[0].invite.steps.map(({ status }: { status: string }) => status)).toEqual(
      expect.arrayContaining(['pending', 'opened', 'accepted']),
    );
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
  });

  it('tell that one has expired, and once more after it was renewed', async () => {
    const { id } = await invite(harness, { expires_in: '300ms', reminders: [] });
    expect(await firstTold(id)).toMatchObject({ event: 'invite', outcome: 'expired' });
    expect((await harness.admin('POST', `/admin/invites/${id}/resend`)).status).toBe(200);
    await harness.admin('POST', `/admin/invites/${id}/revoke`);
    await expect
      .poll(() => told(id).map(({ outcome }) => outcome as string), { timeout: 15_000 })
      .toEqual(['expired', 'revoked']);
    expect(new Set(told(id).map((body) => body.id as string)).size).toBe(2);
  });

  it('hold nothing up while nobody takes them', async () => {
    sink.answerWith(() => 503);
    const { id, email } = await invite(harness, { expires_in: '1s', reminders: [] });
    await nthMail(harness, email, 1);
    await firstTold(id);
    expect((await harness.admin('POST', `/admin/invites/${id}/resend`, { body: { expires_in: '1h' } })).status).toBe(
      200,
    );
    const { flowId, code } = partsOf(await nthMail(harness, email, 2));
    sink.answerWith(null);
    const session = opened(await submitCode(harness, flowId, code));
    await setPassword(harness, session, 'brand-new-battery-9');
    expect(await outcomeOfInvite(harness, id)).toBe('accepted');
    expect(told(id).at(-1)).toMatchObject({ outcome: 'accepted' });
  });
});
