import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, it } from 'vitest';
import { startMailCatcher } from '../../stack/mail-catcher.js';
import type { MailCatcher, MailCatcherOptions } from '../../stack/mail-catcher.js';
import { MAILS_KEPT, openMailStore } from '../../stack/mail-store.js';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<MailCatcherOptions> = {}): Promise<MailCatcher> {
  const catcher = await startMailCatcher({ smtpPort: 0, httpPort: 0, ...options });
  cleanups.push(catcher.stop);
  return catcher;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-mails-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

function send(
  catcher: MailCatcher,
  mail: Parameters<ReturnType<typeof createTransport>['sendMail']>[0],
): Promise<unknown> {
  const transport = createTransport({ host: '127.0.0.1', port: catcher.smtpPort, ignoreTLS: true, socketTimeout: 300 });
  return transport.sendMail({ from: 'Desk <desk@example.org>', to: 'ada@example.org', text: 'Hello', ...mail });
}

function inbox(catcher: MailCatcher, path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://127.0.0.1:${catcher.httpPort}${path}`, init);
}

describe('caught mails', () => {
  it('come with their envelope, header fields, text and HTML', async () => {
    const catcher = await start();
    await send(catcher, {
      to: ['ada@example.org', 'bo@example.org'],
      bcc: 'cy@example.org',
      subject: 'Grüße: a subject that is long enough to be folded over more than one line of the header, surely',
      messageId: '<one@example.org>',
      headers: { 'Auto-Submitted': 'auto-generated' },
      text: 'Your code: 123456',
      html: '<p>Your code: <b>123456</b></p>',
    });
    expect(catcher.messages()).toEqual([
      {
        id: expect.stringMatching(/^\d{14}-/),
        receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        from: 'desk@example.org',
        to: ['ada@example.org', 'bo@example.org', 'cy@example.org'],
        headers: expect.objectContaining({ 'auto-submitted': 'auto-generated', from: 'Desk <desk@example.org>' }),
        messageId: '<one@example.org>',
        subject: 'Grüße: a subject that is long enough to be folded over more than one line of the header, surely',
        text: 'Your code: 123456',
        html: '<p>Your code: <b>123456</b></p>',
      },
    ]);
  });

  it('survive a restart, and stay deleted once cleared', async () => {
    const dir = await temporaryFolder();
    const first = await startMailCatcher({ smtpPort: 0, dir });
    await send(first, { subject: 'one', to: 'bo@example.org', html: '<p>1</p>' });
    await send(first, { subject: 'two', to: ['ada@example.org', 'cy@example.org'] });
    const before = [...first.messages()];
    await first.stop();

    const second = await startMailCatcher({ smtpPort: 0, dir });
    expect(second.messages()).toEqual(before);
    await second.clear();
    await second.stop();

    const third = await start({ dir });
    expect(third.messages()).toEqual([]);
  });

  it('are kept up to a limit, the oldest going first', async () => {
    const store = await openMailStore(null);
    const envelope = { from: 'a@example.org', to: ['b@example.org'], receivedAt: new Date().toISOString() };
    for (let count = 0; count <= MAILS_KEPT; count += 1) {
      await store.add(envelope, Buffer.from(`Subject: ${count}\r\n\r\n`));
    }
    expect(store.list()).toHaveLength(MAILS_KEPT);
    expect(store.list()[0]?.subject).toBe('1');
    const ids = store.list().map((mail) => mail.id);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('waiting for a mail', () => {
  it('finds one that is there already, and one that is still to come', async () => {
    const catcher = await start();
    await send(catcher, { subject: 'early' });
    expect((await catcher.waitFor((mail) => mail.subject === 'early', 1_000)).subject).toBe('early');
    const late = catcher.waitFor((mail) => mail.subject === 'late', 5_000);
    await send(catcher, { subject: 'other' });
    await send(catcher, { subject: 'late' });
    expect((await late).subject).toBe('late');
  });

  it('ends with an error when none comes, and when the catcher stops', async () => {
    const catcher = await startMailCatcher({ smtpPort: 0 });
    await expect(catcher.waitFor(() => true, 20)).rejects.toThrow('within 20 ms');
    const waiting = expect(catcher.waitFor(() => true, 10_000)).rejects.toThrow('was stopped');
    await catcher.stop();
    await waiting;
  });
});

describe('a catcher that misbehaves on purpose', () => {
  it.each([
    ['mail', 421],
    ['rcpt', 550],
    ['data', 452],
  ] as const)('refuses at %s with %d and keeps nothing', async (stage, code) => {
    const catcher = await start();
    catcher.setBehaviour((at) => (at.stage === stage ? { code, text: 'Not now' } : 'accept'));
    await expect(send(catcher, {})).rejects.toMatchObject({ responseCode: code });
    expect(catcher.messages()).toEqual([]);
    catcher.setBehaviour(null);
    await send(catcher, {});
    expect(catcher.messages()).toHaveLength(1);
  });

  it('knows sender and recipients at each stage', async () => {
    const catcher = await start();
    const stages: unknown[] = [];
    catcher.setBehaviour((at) => {
      stages.push(at);
      return 'accept';
    });
    await send(catcher, { to: ['ada@example.org', 'bo@example.org'] });
    const from = 'desk@example.org';
    expect(stages).toEqual([
      { stage: 'mail', from, to: [] },
      { stage: 'rcpt', from, to: ['ada@example.org'] },
      { stage: 'rcpt', from, to: ['bo@example.org'] },
      { stage: 'data', from, to: ['ada@example.org', 'bo@example.org'] },
    ]);
  });

  it('cuts the connection after DATA, with or without keeping the mail', async () => {
    const catcher = await start();
    catcher.setBehaviour(({ stage }) => (stage === 'data' ? 'drop' : 'accept'));
    await expect(send(catcher, { subject: 'lost' })).rejects.toThrow();
    catcher.setBehaviour(({ stage }) => (stage === 'data' ? 'keep-then-drop' : 'accept'));
    await expect(send(catcher, { subject: 'kept' })).rejects.toThrow();
    expect(catcher.messages().map((mail) => mail.subject)).toEqual(['kept']);
  });

  it('never answers when it stalls, and can still be stopped', async () => {
    const catcher = await startMailCatcher({ smtpPort: 0 });
    catcher.setBehaviour(({ stage }) => (stage === 'rcpt' ? 'stall' : 'accept'));
    await expect(send(catcher, {})).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await catcher.stop();
  });
});

describe('the web inbox', () => {
  it('lists the newest mail first, escaped, with a link to it', async () => {
    const catcher = await start();
    await send(catcher, { subject: 'first' });
    await send(catcher, { subject: '<script>alert(1)</script>' });
    const response = await inbox(catcher, '/');
    const page = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toContain('&#60;script&#62;');
    expect(page).not.toContain('<script');
    expect(page.indexOf('&#60;script')).toBeLessThan(page.indexOf('first'));
    expect(page).toContain(`/messages/${catcher.messages()[0]?.id}`);
    expect(page).toContain('http-equiv="refresh"');
    expect(await (await inbox(catcher, '/?refresh=off')).text()).not.toContain('http-equiv="refresh"');
  });

  it('shows the text with working links, and the HTML only in a sandbox', async () => {
    const catcher = await start();
    await send(catcher, {
      text: 'Open https://example.org/recover?flow=1&token=a. <b>',
      html: '<script>alert(1)</script><p>Hi</p>',
    });
    const path = `/messages/${catcher.messages()[0]?.id}`;
    const page = await (await inbox(catcher, path)).text();
    expect(page).toContain('href="https://example.org/recover?flow=1&#38;token=a"');
    expect(page).toContain('&#60;b&#62;');
    expect(page).toContain(`<iframe src="${path}/html" sandbox=`);
    expect(page).not.toContain('<script');
    const html = await inbox(catcher, `${path}/html`);
    expect(html.headers.get('content-security-policy')).toMatch(/^sandbox (?!.*allow-scripts).*default-src 'none'/);
    expect(await html.text()).toContain('<p>Hi</p>');
  });

  it('answers as JSON, for one recipient or all, and deletes', async () => {
    const catcher = await start();
    await send(catcher, { to: 'ada@example.org', subject: 'A' });
    await send(catcher, { to: 'bo@example.org', subject: 'B' });
    const subjects = async (path: string): Promise<string[]> =>
      ((await (await inbox(catcher, path)).json()) as { subject: string }[]).map((mail) => mail.subject);
    expect(await subjects('/api/messages')).toEqual(['B', 'A']);
    expect(await subjects('/api/messages?to=ADA@example.org')).toEqual(['A']);
    expect(await subjects('/api/messages?to=cy@example.org')).toEqual([]);
    expect((await inbox(catcher, '/api/messages', { method: 'DELETE' })).status).toBe(204);
    expect(await subjects('/api/messages')).toEqual([]);
  });

  it('has proper answers for what it does not have', async () => {
    const catcher = await start();
    expect((await inbox(catcher, '/messages/none')).status).toBe(404);
    expect((await inbox(catcher, '/elsewhere')).status).toBe(404);
    expect((await inbox(catcher, '/', { method: 'POST' })).status).toBe(405);
    expect((await inbox(catcher, '/api/messages', { method: 'PUT' })).status).toBe(405);
  });

  it('does not answer under the name of another site', async () => {
    const catcher = await start();
    const statusFor = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = get({ port: catcher.httpPort, path: '/', headers: { host }, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on('error', reject);
      });
    expect(await statusFor('evil.example:8025')).toBe(421);
    expect(await statusFor('localhost:8025')).toBe(200);
    expect(await statusFor('127.0.0.1:8025')).toBe(200);
  });
});

it('says so when a port is taken', async () => {
  const catcher = await start();
  await expect(startMailCatcher({ smtpPort: catcher.smtpPort })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expect(startMailCatcher({ smtpPort: 0, httpPort: catcher.httpPort })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
