import type { JsonObject } from '../../schemas/json.js';
import type { CommandGroup } from '../command.js';
import { LIMIT_OPTIONS, limitOption, noteMore } from '../values.js';
import { inWords, timeInWords } from '../words.js';

const STATES = ['queued', 'processing', 'sent', 'abandoned'];

/** `latchkey messages …` */
export const messages: CommandGroup = {
  name: 'messages',
  summary: 'Mails of the service: list them, and see how far they got.',
  commands: [
    {
      name: 'list',
      summary: 'List mails, newest first.',
      options: [
        { name: 'status', value: 'STATUS', help: `only those that are ${STATES.join(', ')}`, choices: STATES },
        { name: 'recipient', value: 'ADDRESS', help: 'only those to this address' },
        ...LIMIT_OPTIONS,
      ],
      examples: ['messages list --status queued', 'messages list --recipient ada@example.com'],
      async run(call) {
        const query = { status: call.text('status'), recipient: call.text('recipient') };
        const { items, more } = await call.api().list('admin/courier/messages', query, limitOption(call));
        call.print.list<JsonObject>(
          items,
          [
            ['ID', (one) => inWords(one.id)],
            ['CREATED', (one) => timeInWords(one.created_at)],
            ['STATUS', (one) => inWords(one.status)],
            ['TRIES', (one) => inWords(one.send_count)],
            ['KIND', (one) => inWords(one.template_type)],
            ['TO', (one) => inWords(one.recipient)],
          ],
          'There are no such mails.',
        );
        noteMore(call, more);
        return undefined;
      },
    },
  ],
};
