import { randomUUID } from 'node:crypto';
import {
  Configuration as AxiosConfiguration,
  FrontendApi as AxiosFrontendApi,
  IdentityApi as AxiosIdentityApi,
} from '@ory/client';
import type { ContinueWith as AxiosContinueWith } from '@ory/client';
import { Configuration, FrontendApi, IdentityApi, ResponseError } from '@ory/client-fetch';
import type { ContinueWith } from '@ory/client-fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';
import { mailedCode } from '../support/story.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness()));
afterAll(() => harness.stop());

const PASSWORD = 'brand-new-battery-9';

function freshAddress(): string {
  const email = `client-${randomUUID().slice(0, 13)}@example.test`;
  noteSecret('address', email);
  return email;
}

/** The form token among a flow's nodes. */
function formToken(nodes: readonly { attributes: object }[]): string {
  const found = nodes.map(({ attributes }) => attributes as { name?: string; value?: unknown });
  return String(found.find(({ name }) => name === 'csrf_token')?.value ?? '');
}

/** What a client has to do after the right code. */
function nextSteps(steps: readonly (ContinueWith | AxiosContinueWith)[] | undefined): {
  token: string;
  settings: string;
} {
  let token = '';
  let settings = '';
  for (const step of steps ?? []) {
    if (step.action === 'set_ory_session_token') token = step.ory_session_token;
    if (step.action === 'show_settings_ui') settings = step.flow.id;
  }
  noteSecret('token', token);
  expect(settings).not.toBe('');
  return { token, settings };
}

describe('@ory/client-fetch', () => {
  const clients = () => ({
    open: new FrontendApi(new Configuration({ basePath: harness.publicUrl })),
    admin: new IdentityApi(new Configuration({ basePath: harness.adminUrl })),
  });

  it("goes from an administrator's code to a new password and signs in with it", async () => {
    const { open, admin } = clients();
    const email = freshAddress();
    const identity = await admin.createIdentity({ createIdentityBody: { schema_id: 'default', traits: { email } } });
    const created = await admin.createRecoveryCodeForIdentity({
      createRecoveryCodeForIdentityBody: { identity_id: identity.id, expires_in: '12h', flow_type: 'api' },
    });
    noteSecret('code', created.recovery_code);
    expect(created.expires_at?.getTime()).toBeGreaterThan(Date.now());
    const id = new URL(created.recovery_link).searchParams.get('flow') ?? '';
    expect((await open.getRecoveryFlow({ id })).state).toBe('sent_email');

    const passed = await open.updateRecoveryFlow({
      flow: id,
      updateRecoveryFlowBody: { method: 'code', code: created.recovery_code },
    });
    expect(passed.state).toBe('passed_challenge');
    const { token, settings } = nextSteps(passed.continue_with);
    const flow = await open.getSettingsFlow({ id: settings, xSessionToken: token });
    expect(flow.ui.messages?.[0]?.id).toBe(1060001);
    const saved = await open.updateSettingsFlow({
      flow: settings,
      xSessionToken: token,
      updateSettingsFlowBody: { method: 'password', password: PASSWORD },
    });
    expect(saved.state).toBe('success');

    const login = await open.createNativeLoginFlow();
    const signedIn = await open.updateLoginFlow({
      flow: login.id,
      updateLoginFlowBody: { method: 'password', identifier: email, password: PASSWORD },
    });
    noteSecret('token', signedIn.session_token ?? '');
    const session = await open.toSession({ xSessionToken: signedIn.session_token });
    expect(session.identity?.id).toBe(identity.id);
    expect(session.authentication_methods?.map(({ method }) => method)).toEqual(['password']);
  });

  it('recovers a person in an app by a mailed code, a wrong one first', async () => {
    const { open, admin } = clients();
    const email = freshAddress();
    await admin.createIdentity({ createIdentityBody: { schema_id: 'default', traits: { email } } });
    const { id } = await open.createNativeRecoveryFlow();
    const sent = await open.updateRecoveryFlow({ flow: id, updateRecoveryFlowBody: { method: 'code', email } });
    expect(sent.state).toBe('sent_email');
    const code = await mailedCode(harness, email);
    const wrong = code === '000000' ? '000001' : '000000';
    const again = await open.updateRecoveryFlow({ flow: id, updateRecoveryFlowBody: { method: 'code', code: wrong } });
    expect(again.ui.messages?.map((message) => message.id)).toEqual([4060006]);
    const passed = await open.updateRecoveryFlow({ flow: id, updateRecoveryFlowBody: { method: 'code', code } });
    const { token } = nextSteps(passed.continue_with);
    expect((await open.toSession({ xSessionToken: token })).identity?.traits).toEqual({ email });
  });

  it('recovers a person in a single-page app, with cookies', async () => {
    const { admin } = clients();
    const jar = new Map<string, string>();
    const open = new FrontendApi(
      new Configuration({
        basePath: harness.publicUrl,
        headers: { accept: 'application/json' },
        fetchApi: withCookies(jar),
      }),
    );
    const email = freshAddress();
    await admin.createIdentity({ createIdentityBody: { schema_id: 'default', traits: { email } } });
    const { id, ui } = await open.createBrowserRecoveryFlow();
    const submit = (body: { email: string } | { code: string }) =>
      open.updateRecoveryFlow({
        flow: id,
        updateRecoveryFlowBody: { method: 'code', csrf_token: formToken(ui.nodes), ...body },
      });
    await submit({ email });
    const { settings } = nextSteps((await submit({ code: await mailedCode(harness, email) })).continue_with);
    const flow = await open.getSettingsFlow({ id: settings });
    const saved = await open.updateSettingsFlow({
      flow: settings,
      updateSettingsFlowBody: { method: 'password', password: PASSWORD, csrf_token: formToken(flow.ui.nodes) },
    });
    expect(saved.state).toBe('success');
    expect((await open.toSession()).identity?.traits).toEqual({ email });
  });

  it('gets errors that it understands', async () => {
    const { open, admin } = clients();
    const failure = await admin.getIdentity({ id: randomUUID() }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ResponseError);
    expect((failure as ResponseError).response.status).toBe(404);
    const nobody = await open.toSession({ xSessionToken: 'ory_st_nobody' }).catch((error: unknown) => error);
    expect((nobody as ResponseError).response.status).toBe(401);
  });
});

describe('@ory/client', () => {
  it("goes from an administrator's code to a new password and signs in with it", async () => {
    const open = new AxiosFrontendApi(new AxiosConfiguration({ basePath: harness.publicUrl }));
    const admin = new AxiosIdentityApi(new AxiosConfiguration({ basePath: harness.adminUrl }));
    const email = freshAddress();
    const { data: identity } = await admin.createIdentity({
      createIdentityBody: { schema_id: 'default', traits: { email } },
    });
    const { data: created } = await admin.createRecoveryCodeForIdentity({
      createRecoveryCodeForIdentityBody: { identity_id: identity.id, flow_type: 'api' },
    });
    noteSecret('code', created.recovery_code);
    const { data: passed } = await open.updateRecoveryFlow({
      flow: new URL(created.recovery_link).searchParams.get('flow') ?? '',
      updateRecoveryFlowBody: { method: 'code', code: created.recovery_code },
    });
    const { token, settings } = nextSteps(passed.continue_with);
    const { data: saved } = await open.updateSettingsFlow({
      flow: settings,
      xSessionToken: token,
      updateSettingsFlowBody: { method: 'password', password: PASSWORD },
    });
    expect(saved.state).toBe('success');
    const { data: login } = await open.createNativeLoginFlow();
    const { data: signedIn } = await open.updateLoginFlow({
      flow: login.id,
      updateLoginFlowBody: { method: 'password', identifier: email, password: PASSWORD },
    });
    noteSecret('token', signedIn.session_token ?? '');
    const { data: session } = await open.toSession({ xSessionToken: signedIn.session_token });
    expect(session.identity?.id).toBe(identity.id);
  });

  it("recovers a person on a server that passes the browser's cookies on", async () => {
    const open = new AxiosFrontendApi(new AxiosConfiguration({ basePath: harness.publicUrl }));
    const admin = new AxiosIdentityApi(new AxiosConfiguration({ basePath: harness.adminUrl }));
    const email = freshAddress();
    await admin.createIdentity({ createIdentityBody: { schema_id: 'default', traits: { email } } });
    const begun = await open.createBrowserRecoveryFlow();
    const cookie = (begun.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
    const { data: flow } = await open.getRecoveryFlow({ id: begun.data.id, cookie });
    const token = formToken(flow.ui.nodes);
    const { data: sent } = await open.updateRecoveryFlow({
      flow: flow.id,
      cookie,
      updateRecoveryFlowBody: { method: 'code', email, csrf_token: token },
    });
    expect(sent.state).toBe('sent_email');
    const passed = await open.updateRecoveryFlow({
      flow: flow.id,
      cookie,
      updateRecoveryFlowBody: { method: 'code', code: await mailedCode(harness, email), csrf_token: token },
    });
    const session = (passed.headers['set-cookie'] ?? []).map((one) => one.split(';')[0] ?? '');
    for (const one of session) noteSecret('token', one.split('=')[1] ?? '');
    expect((await open.toSession({ cookie: session.join('; ') })).data.identity?.traits).toEqual({ email });
  });
});

/** A `fetch` that keeps cookies as a browser does. */
function withCookies(jar: Map<string, string>): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(input, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, value);
      noteSecret('token', decodeURIComponent(value));
    }
    return response;
  };
}
