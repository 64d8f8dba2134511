import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { leftover, noteSecret } from '../../support/leftovers.js';
import { askForCode } from '../../support/story.js';
import { askToVerify } from '../../support/verification-story.js';

const schema = {
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: {
          type: 'string',
          format: 'email',
          'ory.sh/kratos': { recovery: { via: 'email' }, verification: { via: 'email' } },
        },
        name: { type: 'string' },
        locale: { type: 'string' },
      },
    },
  },
};
const base64 = (text: string): string => `base64://${Buffer.from(text).toString('base64')}`;

let folder: string;
let harness: Harness;
const requested: string[] = [];
const remote = createServer((request, response) => {
  requested.push(request.url ?? '');
  if (request.url === '/verify.gotmpl') return void response.end('Remote {{ .VerificationCode }} for {{ .To }}');
  if (request.url === '/verify.de.gotmpl') return void response.end('Entfernt {{ .VerificationCode }}');
  // Never answered.
  if (request.url?.startsWith('/stalls')) return;
  response.writeHead(404).end();
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-templates-'));
  const files: Record<string, string> = {
    'recovery_code/valid/email.subject.gotmpl': 'Hello {{ .Identity.traits.name }}',
    'recovery_code/valid/email.subject.de.gotmpl': 'Hallo {{ .Identity.traits.name }}',
    'recovery_code/valid/email.body.gotmpl':
      '<p title="{{ .Identity.traits.name }}">{{ .Identity.traits.name }}: {{ .RecoveryCode }}, {{ .ExpiresInMinutes }} minutes</p>',
    'recovery_code/valid/email.body.plaintext.gotmpl':
      'The code is {{ .RecoveryCode }}.{{ if .Locale }} {{ .Locale }}{{ end }}',
    'recovery_code/invalid/email.subject.gotmpl': 'Broken {{ range .To }}',
    'recovery_code/invalid/email.body.plaintext.gotmpl': 'We do not know {{ .To }}{{ .Identity.traits.name }}.',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`;
  harness = await startHarness({
    config: {
      identity: { default_schema_id: 'default', schemas: [{ id: 'default', url: base64(JSON.stringify(schema)) }] },
      selfservice: { flows: { recovery: { notify_unknown_recipients: true } } },
      courier: {
        template_override_path: folder,
        locales: ['de'],
        templates: {
          verification_code: {
            valid: {
              email: {
                subject: `${origin}/stalls.gotmpl`,
                body: {
                  plaintext: `${origin}/verify.gotmpl`,
                  html: base64('<script>{{ .VerificationCode }}</script>'),
                },
              },
            },
          },
        },
      },
    },
  });
});
afterAll(async () => {
  await harness.stop();
  await new Promise((resolve) => {
    remote.close(resolve);
    remote.closeAllConnections();
  });
  await rm(folder, { recursive: true });
});

let count = 0;
async function personNamed(name: string, extra: Record<string, unknown> = {}): Promise<string> {
  const email = `templates-${(count += 1)}@example.test`;
  noteSecret('address', email);
  const created = await harness.admin('POST', '/admin/identities', {
    body: { traits: { email, name }, ...extra },
  });
  expect(created.status).toBe(201);
  return email;
}
const mailTo = (email: string) => harness.mail.waitFor(({ to }) => to.includes(email), 15_000);

describe("an operator's templates", () => {
  it('take the place of the built-in parts, and values arrive inert', async () => {
    const email = await personNamed('<b>Ada</b>\r\nBcc: all@example.test');
    await askForCode(harness, email);
    const mail = await mailTo(email);
    expect(mail.subject).toBe('Hello <b>Ada</b> Bcc: all@example.test');
    expect(mail.text).toMatch(/^The code is \d{6}\.\s*$/);
    expect(mail.html).toContain('<p title="&lt;b&gt;Ada&lt;/b&gt;');
    expect(mail.html).toContain('60 minutes');
    expect(mail.html).not.toContain('<b>');
    expect(mail.to).toEqual([email]);
  });

  it('come in the language of the person where there is one, otherwise in the plain one', async () => {
    const email = await personNamed('Ada', { metadata_public: { locale: 'de_AT' } });
    await askForCode(harness, email);
    const mail = await mailTo(email);
    expect(mail.subject).toBe('Hallo Ada');
    // Only the subject has a German form.
    expect(mail.text).toMatch(/^The code is \d{6}\. de-AT\s*$/);
    const french = await personNamed('Ada', { metadata_public: { locale: 'fr' } });
    await askForCode(harness, french);
    expect((await mailTo(french)).subject).toBe('Hello Ada');
  });

  it('are fetched from where the configuration says, once, when the worker starts', async () => {
    const [english, german] = [
      await personNamed('Ada'),
      await personNamed('Ada', { metadata_public: { locale: 'de' } }),
    ];
    await askToVerify(harness, english);
    await askToVerify(harness, german);
    expect((await mailTo(english)).text).toMatch(new RegExp(`^Remote \\d{6} for ${english}\\s*$`));
    expect((await mailTo(german)).text).toMatch(/^Entfernt \d{6}\s*$/);
    expect(requested.filter((url) => url === '/verify.gotmpl')).toHaveLength(1);
  });

  it('give way to the built-in ones when they are broken or do not come, and say so in the log', async () => {
    const email = await personNamed('Ada');
    await askToVerify(harness, email);
    const mail = await mailTo(email);
    expect(mail.subject).toBe('Your code to confirm this address');
    expect(mail.html).toContain('Somebody, we hope you');
    const stranger = 'nobody-knows-this-one@example.test';
    noteSecret('address', stranger);
    await askForCode(harness, stranger);
    const unknown = await mailTo(stranger);
    expect(unknown.subject).toBe('There is no account for this address');
    expect(unknown.text.trim()).toBe(`We do not know ${stranger}.`);
    const logs = await Promise.all(
      (await readdir(leftover.logs)).map((name) => readFile(join(leftover.logs, name), 'utf8')),
    );
    const warnings = logs
      .join('\n')
      .split('\n')
      .filter((line) => line.includes('mail template cannot be used'))
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(warnings).toContainEqual(
      expect.objectContaining({
        template: 'recovery_code_invalid',
        part: 'email.subject',
        problem: 'line 1: "range" is not supported',
      }),
    );
    expect(warnings).toContainEqual(
      expect.objectContaining({
        template: 'verification_code_valid',
        part: 'email.body.html',
        problem: 'line 1: a value stands inside <script>',
      }),
    );
    expect(warnings).toContainEqual(
      expect.objectContaining({
        template: 'verification_code_valid',
        part: 'email.subject',
        problem: 'it did not come in time',
      }),
    );
  });
});
