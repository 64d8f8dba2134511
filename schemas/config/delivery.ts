import { Type } from '@sinclair/typebox';
import { section, text } from './kinds.js';

const CONTROL_FREE = '^[^\\u0000-\\u001f\\u007f]*$';
/** RFC 5322 section 3.6.8: printable ASCII without the colon. */
const HEADER_NAME = '^[!-9;-~]+$';

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
});
