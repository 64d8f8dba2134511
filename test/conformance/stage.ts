import { expect } from 'vitest';
import type { Harness } from '../support/harness.js';
import { noteSecret } from '../support/leftovers.js';
import { UI } from './configurations.js';
import { Bindings } from './templates.js';
import type { WireAnswer } from './wire.js';
import { exchange } from './wire.js';

interface Sent {
  body?: unknown;
  headers?: Record<string, string>;
}

/** What a person is made with. */
export interface Made {
  schema?: string;
  traits?: Record<string, unknown>;
  password?: string;
  state?: 'active' | 'inactive';
}

/** Where a recording is played: one running service, what is known so far, and the cookies of each browser. */
export class Stage {
  readonly bindings: Bindings;
  /** How many mails each address has been promised. */
  readonly promised = new Map<string, number>();
  private readonly people = new Set<string>();
  private readonly jars = new Map<number, Map<string, string>>();
  private readonly pages = new Map<number, WireAnswer>();

  constructor(readonly harness: Harness) {
    this.bindings = new Bindings({ public: harness.publicUrl, admin: harness.adminUrl, ui: UI });
  }

  /** The cookies of a browser; a client that is none gets an empty jar that nobody keeps. */
  jar(browser: number | undefined): Map<string, string> {
    const jar = (browser !== undefined && this.jars.get(browser)) || new Map<string, string>();
    if (browser !== undefined) this.jars.set(browser, jar);
    return jar;
  }

  /** Makes a person whose id and address are known as `identity` and `email`. */
  async person(identity: string, email: string, made: Made = {}): Promise<void> {
    const address = this.bindings.get(email);
    noteSecret('address', address);
    const answer = await this.admin('POST', '/admin/identities', {
      body: {
        schema_id: made.schema ?? 'default',
        traits: { email: address, ...made.traits },
        ...(made.state !== undefined && { state: made.state }),
        ...(made.password !== undefined && { credentials: { password: { config: { password: made.password } } } }),
      },
    });
    expect(answer.status, answer.text).toBe(201);
    this.people.add(address);
    this.bindings.bind(identity, answer.json.id as string);
  }

  /** An administrator's code: binds flow and code. */
  async adminCode(identity: string, flow: string, code: string, type: 'api' | 'browser'): Promise<void> {
    const body = { identity_id: this.bindings.get(identity), flow_type: type };
    const { json } = await this.admin('POST', '/admin/recovery/code', { body });
    this.bindings.bind(flow, new URL(json.recovery_link as string).searchParams.get('flow') ?? '');
    this.bindings.bind(code, json.recovery_code as string);
  }

  /** Recovers a person in an app by an administrator's code: binds session token and settings flow. */
  async recover(identity: string, session: string, settings: string): Promise<void> {
    const name = `${session.replace('.', '')}`;
    await this.adminCode(identity, `flow.${name}`, `code.${name}`, 'api');
    const { json } = await this.open('POST', `/self-service/recovery?flow=${this.bindings.get(`flow.${name}`)}`, {
      body: { method: 'code', code: this.bindings.get(`code.${name}`) },
    });
    this.bindings.bind(session, json.continue_with[0].ory_session_token as string);
    this.bindings.bind(settings, json.continue_with[1].flow.id as string);
  }

  /** Begins a flow for an app, and gives it an address if one is named. */
  async begin(flow: string, { kind = 'recovery', email }: { kind?: string; email?: string } = {}): Promise<void> {
    const { json } = await this.open('GET', `/self-service/${kind}/api`);
    this.bindings.bind(flow, json.id as string);
    if (email === undefined) return;
    const address = this.bindings.get(email);
    const body = { method: json.active as string, email: address };
    await this.open('POST', `/self-service/${kind}?flow=${json.id as string}`, { body });
    this.promise(address);
  }

  /** Moves the service's clock. */
  ahead(seconds: number): void {
    this.harness.clock.ahead += seconds * 1_000;
  }

  /** Notes that a mail to this address is due. Strangers get none. */
  promise(address: string): void {
    if (this.people.has(address)) this.promised.set(address, (this.promised.get(address) ?? 0) + 1);
  }

  /** Presses the button of the page that a link opened, in the browser that saw it. */
  async press(browser: number): Promise<WireAnswer> {
    const { text } = this.pages.get(browser) ?? { text: '' };
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? '';
    const fields = new URLSearchParams();
    for (const [, name = '', value = ''] of text.matchAll(/name="(\w+)" value="([^"]*)"/g)) fields.set(name, value);
    const jar = this.jar(browser);
    const headers = {
      accept: 'text/html',
      'content-type': 'application/x-www-form-urlencoded',
      cookie: cookieHeader(jar),
    };
    const answer = await exchange('POST', action, headers, fields.toString());
    this.saw(browser, answer);
    return answer;
  }

  /** Keeps what a browser keeps of an answer: its cookies and its page. */
  saw(browser: number | undefined, answer: WireAnswer): void {
    const jar = this.jar(browser);
    for (const cookie of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, value);
    }
    if (browser !== undefined) this.pages.set(browser, answer);
  }

  open(method: string, path: string, sent?: Sent): Promise<WireAnswer> {
    return this.send(`${this.harness.publicUrl}${path}`, method, sent);
  }

  admin(method: string, path: string, sent?: Sent): Promise<WireAnswer> {
    return this.send(`${this.harness.adminUrl}${path}`, method, sent);
  }

  private send(url: string, method: string, { body, headers = {} }: Sent = {}): Promise<WireAnswer> {
    const all: Record<string, string> = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    return exchange(method, url, all, body === undefined ? undefined : JSON.stringify(body));
  }
}

/** A jar as a `Cookie` header. */
export function cookieHeader(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}
