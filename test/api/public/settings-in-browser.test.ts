import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { PASSWORD, SECOND_FACTORS, setUpTotp } from '../../support/account-story.js';
import { adminCode, createPerson, signIn } from '../../support/story.js';
import { csrfOf, flowIn, locationOf, newVisitor, signedInVisitor } from '../../support/visitor.js';

describe('the settings in a browser', () => {
  let factors: Harness;
  beforeAll(async () => void (factors = await startHarness({ workers: false, config: SECOND_FACTORS })));
  afterAll(() => factors.stop());

  it('forms work without scripts: set up an app and backup codes, see both on the page', async () => {
    const person = await createPerson(factors, PASSWORD);
    const visitor = await signedInVisitor(factors, person);
    const begun = await visitor.html('GET', '/self-service/settings/browser');
    const pageUrl = locationOf(begun);
    const flowId = flowIn(pageUrl);
    const fetched = async () => (await visitor.json('GET', `/self-service/settings/flows?id=${flowId}`)).json;
    const post = async (fields: Record<string, string>) =>
      visitor.html('POST', `/self-service/settings?flow=${flowId}`, { ...fields, csrf_token: csrfOf(await fetched()) });

    const page = await visitor.html('GET', pageUrl);
    expect(page.headers.get('content-security-policy')).toContain('img-src data:');
    expect(page.text).toMatch(/<img src="data:image\/png;base64,[A-Za-z0-9+/=]+"/);

    expect(locationOf(await post({ lookup_secret_regenerate: 'true' }))).toBe(pageUrl);
    const withCodes = await visitor.html('GET', pageUrl);
    expect(withCodes.text.match(/<li><code>[a-z0-9]{8}<\/code><\/li>/g)).toHaveLength(12);
    expect(locationOf(await post({ lookup_secret_confirm: 'true' }))).toBe(pageUrl);
    const saved = await visitor.html('GET', pageUrl);
    expect(saved.text).toContain('data-message-id="1050001"');
    expect(saved.text).not.toMatch(/<li><code>/);
  });

  it('a person with a second factor is led to it, and back to the settings', async () => {
    const person = await createPerson(factors, PASSWORD);
    await setUpTotp(factors, (await signIn(factors, person.email, PASSWORD)).json.session_token as string);
    const { flowId, code } = await adminCode(factors, person, { flow_type: 'browser' }).catch(() => ({
      flowId: '',
      code: '',
    }));
    expect(flowId).not.toBe('');
    await factors.startWorkers();
    const visitor = newVisitor(factors);
    const recovered = await visitor.html('POST', `/self-service/recovery?flow=${flowId}`, { method: 'code', code });
    expect(recovered.status, recovered.text).toBe(303);
    const page = await visitor.html('GET', locationOf(recovered));
    expect(page.status).toBe(303);
    const login = new URL(locationOf(page));
    expect(login.searchParams.get('aal')).toBe('aal2');
    expect(login.searchParams.get('return_to')).toContain(`/self-service/settings?flow=`);
    const begun = await visitor.html('GET', '/self-service/settings/browser');
    expect(locationOf(begun)).toContain('aal=aal2');
  });
});
