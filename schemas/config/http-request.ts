import { Type } from '@sinclair/typebox';
import { oneOf, section, text } from './kinds.js';

const CONTROL_FREE = '^[^\\u0000-\\u001f\\u007f]*$';
/** RFC 9110 section 5.6.2. */
const HEADER_NAME = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

const secret = (description: string) =>
  Type.Optional(Type.String({ pattern: CONTROL_FREE, description, writeOnly: true }));

/** A request that this service sends: Kratos' `request_config` and the `config` of a web hook. */
export function httpRequest(description: string, body: string) {
  return section(description, {
    url: text('request-url', { description: 'Where it is sent to.' }),
    method: Type.Optional(oneOf(['POST', 'PUT', 'PATCH'], { description: 'Its method; `POST` unless given.' })),
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: HEADER_NAME }), Type.String({ pattern: CONTROL_FREE }), {
        additionalProperties: false,
        description: 'Headers to add to it.',
      }),
    ),
    body: Type.Optional(text('template-url', { description: body })),
    auth: Type.Optional(
      section('How it proves where it comes from.', {
        type: oneOf(['api_key', 'basic_auth'], { description: 'In which way.' }),
        config: section('What it shows.', {
          name: Type.Optional(text('header', { description: '`api_key`: the name of the header or cookie.' })),
          value: secret('`api_key`: the key.'),
          in: Type.Optional(oneOf(['header', 'cookie'], { description: '`api_key`: where it goes.' })),
          user: secret('`basic_auth`: the name.'),
          password: secret('`basic_auth`: the password.'),
        }),
      }),
    ),
  });
}
