import { expect } from 'vitest';
import type { Harness } from './harness.js';
import type { Answer, Send } from './http.js';
import { PASSWORD } from './account-story.js';
import type { Person } from './story.js';

/** A browser without a screen: it keeps cookies and follows no redirect. */
export interface Visitor {
  cookies: Map<string, string>;
  /** As a page with scripts asks. */
  json(method: string, path: string, body?: unknown): Promise<Answer>;
  /** As the browser itself asks: a link, or with `fields` a form. */
  html(method: string, path: string, fields?: Record<string, string>): Promise<Answer>;
}

/** A browser that has never been here. */
export function newVisitor(harness: Harness): Visitor {
  const cookies = new Map<string, string>();
  const send = async (method: string, path: string, sent: Send): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...sent.headers, ...(cookie !== '' && { cookie }) };
    const answer = await harness.api(method, path.replace(harness.publicUrl, ''), { ...sent, headers });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  return {
    cookies,
    json: (method, path, body) => send(method, path, { body, headers: { accept: 'application/json' } }),
    html: (method, path, fields) =>
      send(method, path, {
        ...(fields && { body: new URLSearchParams(fields).toString() }),
        headers: {
          accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
          ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
      }),
  };
}

/** A browser in which a person is signed in with the usual password. */
export async function signedInVisitor(harness: Harness, person: Person): Promise<Visitor> {
  const visitor = newVisitor(harness);
  const flow = (await visitor.json('GET', '/self-service/login/browser')).json;
  const body = { method: 'password', identifier: person.email, password: PASSWORD, csrf_token: csrfOf(flow) };
  const answer = await visitor.json('POST', flow.ui.action, body);
  expect(answer.status, answer.text).toBe(200);
  return visitor;
}

/** Where an answer sends the browser. */
export function locationOf(answer: Answer): string {
  return answer.headers.get('location') ?? '';
}

/** The flow that an address names. */
export function flowIn(url: string): string {
  return new URL(url).searchParams.get('flow') ?? '';
}

/** The CSRF token in a flow's form. */
export function csrfOf(flow: { ui: { nodes: { attributes: { name?: string; value?: unknown } }[] } }): string {
  return String(flow.ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value ?? '');
}
