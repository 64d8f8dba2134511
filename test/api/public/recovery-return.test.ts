import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import type { Answer } from '../../support/http.js';
import { createPerson, mailedCode } from '../../support/story.js';
import type { Person } from '../../support/story.js';
import { plainBrowser } from '../../support/verification-story.js';

const PASSWORD = 'brand-new-battery-9';
const APP = 'https://app.example.com';

type PlainBrowser = ReturnType<typeof plainBrowser>;

/** Goes through a whole recovery without JavaScript, up to the page on which the password is chosen. */
async function recoverInBrowser(
  harness: Harness,
  person: Person,
  query: string,
): Promise<{ browser: PlainBrowser; settings: string; formToken: string }> {
  const browser = plainBrowser(harness);
  const path = browser.next(await browser.get(`/self-service/recovery/browser${query}`));
  const flow = new URLSearchParams(path.split('?')[1]).get('flow') ?? '';
  const formToken = browser.field(await browser.get(path), 'csrf_token');
  const submit = (fields: Record<string, string>): Promise<Answer> =>
    browser.post(`/self-service/recovery?flow=${flow}`, {
      method: 'code',
      csrf_token: formToken,
      ...fields,
    });
  await submit({ email: person.email });
  const settings = browser.next(await submit({ code: await mailedCode(harness, person.email) }));
  return { browser, settings, formToken };
}

async function choosePassword({ browser, settings }: { browser: PlainBrowser; settings: string }): Promise<Answer> {
  const page = await browser.get(settings);
  return browser.post(settings.replace('/ui/settings', '/self-service/settings'), {
    method: 'password',
    password: PASSWORD,
    csrf_token: browser.field(page, 'csrf_token'),
  });
}

describe('after a recovery', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({ config: { selfservice: { allowed_return_urls: [`${APP}/`] } } });
  });
  afterAll(() => harness.stop());

  it('browsers return to where the person came from once the password is chosen', async () => {
    const person = await createPerson(harness);
    const back = `${APP}/cart?item=1`;
    const saved = await choosePassword(
      await recoverInBrowser(harness, person, `?return_to=${encodeURIComponent(back)}`),
    );
    expect(saved.status).toBe(303);
    expect(saved.headers.get('location')).toBe(back);
  });

  it('browsers stay on the settings page when they came from nowhere', async () => {
    const person = await createPerson(harness);
    const recovered = await recoverInBrowser(harness, person, '');
    expect((await choosePassword(recovered)).headers.get('location')).toBe(`${harness.publicUrl}${recovered.settings}`);
  });

  it('does not begin with a return_to that is not on the list', async () => {
    const path = `/self-service/recovery/browser?return_to=${encodeURIComponent('https://evil.example/')}`;
    const refused = await harness.api('GET', path, { headers: { accept: 'application/json' } });
    expect(refused.status).toBe(400);
    expect(refused.json.error.id).toBe('self_service_flow_return_to_forbidden');
  });

  it('takes no form token from before: one that was planted is worth nothing', async () => {
    const { browser, settings, formToken } = await recoverInBrowser(harness, await createPerson(harness), '');
    const refused = await browser.post(settings.replace('/ui/settings', '/self-service/settings'), {
      method: 'password',
      password: PASSWORD,
      csrf_token: formToken,
    });
    expect(refused.headers.get('location')).toContain('/ui/error?id=');
  });

  it('leaves the settings step out where skip_settings=true asks for that', async () => {
    const person = await createPerson(harness);
    const created = await harness.admin('POST', '/admin/recovery/code', {
      body: { identity_id: person.id, flow_type: 'api' },
    });
    const flow = new URL(created.json.recovery_link as string).searchParams.get('flow') ?? '';
    const passed = await harness.api('POST', `/self-service/recovery?flow=${flow}&skip_settings=true`, {
      body: { method: 'code', code: created.json.recovery_code },
    });
    expect((passed.json.continue_with as { action: string }[]).map(({ action }) => action)).toEqual([
      'set_ory_session_token',
    ]);
  });
});

describe('after a recovery, with after.default_browser_return_url', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({
      config: {
        selfservice: {
          allowed_return_urls: [`${APP}/`],
          flows: { recovery: { after: { default_browser_return_url: `${APP}/welcome-back` } } },
        },
      },
    });
  });
  afterAll(() => harness.stop());

  it('browsers go there, unless they came from elsewhere', async () => {
    const saved = await choosePassword(await recoverInBrowser(harness, await createPerson(harness), ''));
    expect(saved.headers.get('location')).toBe(`${APP}/welcome-back`);
    const query = `?return_to=${encodeURIComponent(`${APP}/cart`)}`;
    const other = await choosePassword(await recoverInBrowser(harness, await createPerson(harness), query));
    expect(other.headers.get('location')).toBe(`${APP}/cart`);
  });

  it('single-page apps are told of it', async () => {
    const person = await createPerson(harness);
    const created = await harness.admin('POST', '/admin/recovery/code', { body: { identity_id: person.id } });
    const flow = new URL(created.json.recovery_link as string).searchParams.get('flow') ?? '';
    const json = { accept: 'application/json' };
    const passed = await harness.api('POST', `/self-service/recovery?flow=${flow}`, {
      headers: json,
      body: { method: 'code', code: created.json.recovery_code },
    });
    const cookie = passed.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const id = passed.json.continue_with[0].flow.id as string;
    const settings = await harness.api('GET', `/self-service/settings/flows?id=${id}`, {
      headers: { ...json, cookie },
    });
    const nodes = settings.json.ui.nodes as { attributes: { name: string; value: string } }[];
    const token = nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value;
    const saved = await harness.api('POST', `/self-service/settings?flow=${id}`, {
      headers: { ...json, cookie },
      body: { method: 'password', password: PASSWORD, csrf_token: token },
    });
    expect(saved.json.continue_with).toEqual([
      { action: 'redirect_browser_to', redirect_browser_to: `${APP}/welcome-back` },
    ]);
  });
});
