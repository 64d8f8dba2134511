import { Type } from '@sinclair/typebox';
import { httpRequest } from './http-request.js';
import { list, oneOf, section, text } from './kinds.js';

const CONTROL_FREE = '^[^\\u0000-\\u001f\\u007f]*$';
/** RFC 5322 section 3.6.8: printable ASCII without the colon. */
const HEADER_NAME = '^[!-9;-~]+$';

/** The messages whose templates Kratos' keys replace. Those of Latchkey alone are replaced in the folder only. */
export const TEMPLATE_NAMES = ['recovery', 'recovery_code', 'verification', 'verification_code'] as const;

const source = (description: string) =>
  Type.Optional(
    text('template-url', { description, computedDefault: 'the one in the folder, otherwise the built-in one' }),
  );

const email = (what: string) =>
  section(`The e-mail ${what}.`, {
    subject: source(`Template of the subject of the e-mail ${what}.`),
    body: section('Its two forms.', {
      html: source(`HTML template of the e-mail ${what}.`),
      plaintext: source(`Plain text template of the e-mail ${what}.`),
    }),
  });

const sms = (what: string) =>
  section(`The text message ${what}.`, {
    body: section('Its text.', { plaintext: source(`Template of the text message ${what}.`) }),
  });

const unknown = 'that tells an unknown address so';
const template = (what: string) => ({
  valid: section(`Sent to the person's own address.`, { email: email(what), sms: sms(what) }),
  invalid: section('Sent to an unknown address, where that is configured.', { email: email(unknown) }),
});

const templates = section(
  'Templates in place of the built-in ones: `file://` (absolute, or from the folder of the configuration file), `base64://`, `http://` or `https://`. The worker reads them when it starts. docs/messages.md describes them.',
  {
    recovery: section('Recovery by link.', template('with the link of a recovery')),
    recovery_code: section('Recovery by code.', template('with the code of a recovery')),
    verification: section('Verification by link.', template('with the link of a verification')),
    verification_code: section('Verification by code.', template('with the code of a verification')),
  },
);

/** `courier`: how mail leaves. */
export const courier = section('How mail leaves.', {
  smtp: section('The mail server.', {
    connection_uri: Type.Optional(
      text('smtp-url', {
        description:
          'The mail server, such as `smtps://user:password@mail.example.com:465/`. With `smtp:` the connection is upgraded by STARTTLS; `?disable_starttls=true` allows clear text, `?skip_ssl_verify=true` any certificate, `?server_name=` names the certificate.',
        computedDefault: 'none; `npm start` brings a mail catcher',
        writeOnly: true,
      }),
    ),
    from_address: text('email', { description: "The sender's address.", default: 'no-reply@localhost' }),
    from_name: Type.String({ pattern: CONTROL_FREE, description: "The sender's name.", default: 'Latchkey' }),
    headers: Type.Record(Type.String({ pattern: HEADER_NAME }), Type.String({ pattern: CONTROL_FREE }), {
      additionalProperties: false,
      description: 'Headers to add to every mail, such as those that a mail provider asks for.',
      default: {},
    }),
  }),
  template_override_path: Type.Optional(
    text('folder', {
      description:
        'A folder of templates in place of the built-in ones, laid out as in Kratos: `recovery_code/valid/email.body.gotmpl` and so on.',
      computedDefault: 'none',
    }),
  ),
  locales: list(text('locale', { description: 'A language, such as `de`.' }), {
    description:
      'Languages for which templates exist beside the plain ones: `email.body.de.gotmpl` beside `email.body.gotmpl`, in the folder and at every address in `courier.templates`. Of this project.',
    default: [],
  }),
  templates,
  channels: list(
    section('One channel.', {
      id: oneOf(['sms'], { description: 'What it carries: `sms`, text messages.' }),
      type: Type.Optional(oneOf(['http'], { description: 'How: a request for each message.' })),
      request_config: httpRequest(
        'The request.',
        'Its body: `file://` or `base64://`, a JSON document in which texts are templates, with `{{ .Recipient }}` and `{{ .Body }}`. With a `Content-Type` of `application/x-www-form-urlencoded` its fields go as a form. Kratos has Jsonnet here, which is ignored.',
      ),
    }),
    {
      description: 'Ways for messages other than mail. Without one for `sms`, forms take no telephone numbers.',
      default: [],
    },
  ),
});
