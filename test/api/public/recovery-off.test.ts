import { afterEach, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { adminCode, createPerson, opened, submitCode } from '../../support/story.js';

let harness: Harness;
afterEach(() => harness.stop());

const JSON_ONLY = { headers: { accept: 'application/json' } };

describe('recovery that is switched off', () => {
  it('is refused to people and begun by administrators', async () => {
    harness = await startHarness({ config: { selfservice: { flows: { recovery: { enabled: false } } } } });
    for (const path of ['/self-service/recovery/api', '/self-service/recovery/browser']) {
      const refused = await harness.api('GET', path, JSON_ONLY);
      expect(refused.status).toBe(400);
      expect(refused.json.error.reason).toContain('selfservice.flows.recovery.enabled');
    }
    const html = await harness.api('GET', '/self-service/recovery/browser', { headers: { accept: 'text/html' } });
    expect(html.status).toBe(303);
    expect(html.headers.get('location')).toContain('/ui/error?id=');
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    expect((await harness.api('GET', `/self-service/recovery/flows?id=${flowId}`)).status).toBe(200);
    opened(await submitCode(harness, flowId, code));
  });

  it('stops flows of people that are under way, and not those of administrators', async () => {
    harness = await startHarness();
    const begun = await harness.api('GET', '/self-service/recovery/api');
    const id = begun.json.id as string;
    const admin = await adminCode(harness, await createPerson(harness));
    // As after a restart with another configuration.
    const { config } = harness.context;
    const recovery = { ...config.selfservice.flows.recovery, enabled: false };
    const flows = { ...config.selfservice.flows, recovery };
    Object.assign(harness.context, { config: { ...config, selfservice: { ...config.selfservice, flows } } });
    expect((await harness.api('GET', `/self-service/recovery/flows?id=${id}`)).status).toBe(400);
    const body = { method: 'code', email: 'anybody@example.test' };
    expect((await harness.api('POST', `/self-service/recovery?flow=${id}`, { body })).status).toBe(400);
    opened(await submitCode(harness, admin.flowId, admin.code));
  });

  it('is refused when the method that people are offered is off', async () => {
    harness = await startHarness({ config: { selfservice: { methods: { code: { enabled: false } } } } });
    const refused = await harness.api('GET', '/self-service/recovery/api', JSON_ONLY);
    expect(refused.status).toBe(400);
    expect(refused.json.error.reason).toContain('selfservice.methods.code.enabled');
    const person = await createPerson(harness);
    const body = { identity_id: person.id };
    expect((await harness.admin('POST', '/admin/recovery/code', { body })).status).toBe(404);
    expect((await harness.admin('POST', '/admin/recovery/link', { body })).status).toBe(200);
  });
});
