import type { JsonObject } from '../../schemas/json.js';
import type { CommandGroup } from '../command.js';
import { durationOption } from '../values.js';
import { identityId } from '../who.js';
import { inWords, timeInWords } from '../words.js';

/** `latchkey recover` */
export const recover: CommandGroup = {
  name: 'recover',
  summary: 'Let somebody back in: make a recovery code, or a link, and hand it over.',
  commands: [
    {
      name: '',
      summary: 'Let somebody back in: make a recovery code, or a link, and hand it over.',
      arguments: [{ name: 'who', help: 'the id of the identity, or the address or name with which it signs in' }],
      options: [
        { name: 'link', help: 'make a link in place of a code' },
        { name: 'expires-in', value: 'TIME', help: 'how long it works, such as 12h or 2d' },
      ],
      details: ['Nothing is mailed: give the code to the person by a way that only they can read.'],
      examples: ['recover ada@example.com --expires-in 12h', 'recover 0b8e2c0e-6a3b-4a5e-9d0d-2f6f0f5f4c11 --link'],
      async run(call) {
        const api = call.api();
        const expiresIn = durationOption(call, 'expires-in');
        const id = await identityId(api, call.args[0] ?? '');
        const body = { identity_id: id, ...(expiresIn !== undefined && { expires_in: expiresIn }) };
        const link = call.flag('link');
        const made = (await api.post(`admin/recovery/${link ? 'link' : 'code'}`, body)).body as JsonObject;
        call.print.record(made, [
          ...(link ? [] : [['Code', (one: JsonObject) => inWords(one.recovery_code)] as const]),
          [link ? 'Link' : 'Enter it at', (one) => inWords(one.recovery_link)],
          ['Works until', (one) => timeInWords(one.expires_at)],
        ]);
        return undefined;
      },
    },
  ],
};
