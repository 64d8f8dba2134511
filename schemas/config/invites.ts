import { Type } from '@sinclair/typebox';
import { hooks } from './hooks.js';
import { duration, flag, list, section, text } from './kinds.js';

/** `invites`: asking people in. */
export const invites = section('Asking people in by `POST /admin/invites`. Of this project.', {
  lifespan: duration('How long an invite is open, unless it says otherwise.', '168h'),
  max_lifespan: duration('The longest time that an invite may ask for.', '8760h'),
  reminders: list(text('duration', { description: 'A time before the deadline.' }), {
    description: 'How long before its deadline an open invite is mailed again, unless it says otherwise.',
    default: ['72h', '24h'],
  }),
  self_renewal: flag(
    'Lets invitees whose invite has expired, or whose code no longer works, ask for a new one from its page. It goes to the address that was invited.',
    false,
  ),
  hooks: hooks(['web_hook'], 'Requests to send when an invite has ended in any way, and again until they are taken.'),
  ui_url: Type.Optional(
    text('page-url', {
      description:
        'The page of an invite: an absolute URL, or a path on the public base URL. The flow is added as `?flow=<id>`.',
      computedDefault: '`<public base_url>ui/invite`, the built-in page',
    }),
  ),
});
