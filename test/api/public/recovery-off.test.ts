import { afterEach, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { adminCode, createPerson, opened, submitCode } from '../../support/story.js';
import { plainBrowser } from '../../support/verification-story.js';

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
    reconfigure({ flows: { recovery: { enabled: false } } });
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

  it('takes no code and no link of a method that was switched off meanwhile', async () => {
    harness = await startHarness();
    const { flowId, code } = await adminCode(harness, await createPerson(harness));
    const other = await createPerson(harness);
    const made = await harness.admin('POST', '/admin/recovery/link', { body: { identity_id: other.id } });
    const link = new URL(made.json.recovery_link as string);
    reconfigure({ methods: { code: { enabled: false }, link: { enabled: false } } });
    const refused = await submitCode(harness, flowId, code);
    expect(refused.status).toBe(400);
    expect(refused.json.ui.messages[0].id).toBe(4010005);
    const body = { identity_id: other.id };
    expect((await harness.admin('POST', '/admin/recovery/link', { body })).status).toBe(404);
    const browser = plainBrowser(harness);
    const page = await browser.get(`${link.pathname}${link.search}`);
    const form = { token: browser.field(page, 'token'), csrf_token: browser.field(page, 'csrf_token') };
    await browser.post(`/self-service/recovery/confirm?flow=${link.searchParams.get('flow') ?? ''}`, form);
    expect(browser.cookies.has('ory_kratos_session')).toBe(false);
  });
});

interface Switches {
  flows?: { recovery: { enabled: boolean } };
  methods?: Record<'code' | 'link', { enabled: boolean }>;
}

/** As after a restart of the API with another configuration. */
function reconfigure({ flows, methods }: Switches): void {
  const { config } = harness.context;
  const { selfservice } = config;
  const changed = {
    ...selfservice,
    flows: { ...selfservice.flows, recovery: { ...selfservice.flows.recovery, ...flows?.recovery } },
    methods: {
      ...selfservice.methods,
      code: { ...selfservice.methods.code, ...methods?.code },
      link: { ...selfservice.methods.link, ...methods?.link },
    },
  };
  Object.assign(harness.context, { config: { ...config, selfservice: changed } });
}
