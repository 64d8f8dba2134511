import { Type } from '@sinclair/typebox';
import { hooks } from './hooks.js';
import { count, duration, flag, list, oneOf, section, text } from './kinds.js';

const uiUrl = (page: string) =>
  Type.Optional(
    text('page-url', {
      description: `The ${page} page: an absolute URL, or a path on the public base URL. The flow is added as \`?flow=<id>\`.`,
      computedDefault: `\`<public base_url>ui/${page}\`, the built-in page`,
    }),
  );

const returnUrl = (description: string, computedDefault: string) =>
  Type.Optional(text('return-url', { description, computedDefault }));

const methods = section('Ways in, and what a person may change.', {
  code: section('A code of six digits by mail.', {
    enabled: flag('Offers this method.', true),
    config: section('How it behaves.', {
      lifespan: duration('How long a code is valid.', '1h'),
      max_submissions: Type.Optional(
        count(
          { minimum: 1, maximum: 255 },
          {
            description: "Kratos' name for `limits.attempts_per_flow`. Set only one of the two.",
            computedDefault: '`limits.attempts_per_flow`',
          },
        ),
      ),
    }),
  }),
  link: section('A link by mail.', {
    enabled: flag('Offers this method.', true),
    config: section('How it behaves.', {
      lifespan: duration('How long a link is valid.', '1h'),
      base_url: Type.Optional(
        text('base-url', {
          description: 'The address that links begin with, where it is not that of the public API.',
          computedDefault: '`serve.public.base_url`',
        }),
      ),
      consume_on_get: flag(
        "Signs in as soon as the link is opened, which is Kratos' way. Off, a page asks for a click first, so that mail scanners and previews cannot use the link up. Of this project.",
        false,
      ),
    }),
  }),
  password: section('Passwords.', {
    enabled: flag('Lets people set a password.', true),
    config: section('Which passwords are taken.', {
      min_password_length: count(
        { minimum: 6, maximum: 256 },
        { description: 'The shortest password taken, in characters.', default: 8 },
      ),
      identifier_similarity_check_enabled: flag('Refuses passwords that resemble the login name.', true),
      haveibeenpwned_enabled: flag(
        'Refuses passwords known from breaches, by asking the service at `haveibeenpwned_host`. It is told the first five digits of a hash, never a password. Kratos has this on; here no third party is asked unless you say so.',
        false,
      ),
      haveibeenpwned_host: text('service', {
        description:
          'The host of the breach list, where you keep a copy of your own. It is asked by HTTPS, unless written with `http://` before it.',
        default: 'api.pwnedpasswords.com',
      }),
      max_breaches: count(
        { minimum: 0, maximum: 100 },
        { description: 'In how many breaches a password may have been seen and still be taken.', default: 0 },
      ),
      ignore_network_errors: flag('Takes the password when the breach list cannot be reached.', true),
    }),
  }),
  totp: section('Codes of an authenticator app (RFC 6238), as a second factor.', {
    enabled: flag(
      'Lets people set up an authenticator app, and asks those who have for its codes. Off, nobody is asked.',
      false,
    ),
    config: section('How it presents itself.', {
      issuer: Type.Optional(
        text('text', {
          description: 'The name under which authenticator apps list the account.',
          computedDefault: 'the host of `serve.public.base_url`',
        }),
      ),
    }),
  }),
  lookup_secret: section('Backup codes on paper, each good for one use, as a second factor.', {
    enabled: flag('Lets people have backup codes, and takes them. Off, nobody is asked for one.', false),
  }),
  profile: section("The person's own data.", {
    enabled: flag('Lets people edit their traits in the settings flow.', true),
  }),
});

const flows = section('The flows that people go through.', {
  recovery: section('Getting back into an account.', {
    enabled: flag('Offers recovery to people. Administrators can start one in any case.', true),
    use: oneOf(['code', 'link'], { description: 'The method that people are offered.', default: 'code' }),
    lifespan: duration('How long a recovery flow stays open.', '1h'),
    ui_url: uiUrl('recovery'),
    notify_unknown_recipients: flag(
      'Sends a mail to addresses that belong to no account, saying that there is none.',
      false,
    ),
    after: section('What follows a recovery.', {
      default_browser_return_url: returnUrl(
        'Where browsers go when the recovered person has finished in the settings flow.',
        'none: the settings page says that it is done',
      ),
      hooks: hooks(
        ['revoke_active_sessions', 'web_hook'],
        "What a recovery brings with it. `revoke_active_sessions` ends all of the person's other sessions, at once; `web_hook` sends a request when the recovery is over, and again until it is taken.",
      ),
    }),
  }),
  verification: section("Confirming that an address is one's own.", {
    enabled: flag('Offers verification of addresses.', true),
    use: oneOf(['code', 'link'], { description: 'The method that people are offered.', default: 'code' }),
    lifespan: duration('How long a verification flow stays open.', '1h'),
    ui_url: uiUrl('verification'),
    notify_unknown_recipients: flag(
      'Sends a mail to addresses that belong to no account, saying that there is none.',
      false,
    ),
    after: section('What follows a verification.', {
      default_browser_return_url: returnUrl(
        'Where the page leads on to when the address is verified.',
        '`selfservice.default_browser_return_url`',
      ),
    }),
  }),
  settings: section('Setting a new password and editing the profile.', {
    lifespan: duration('How long a settings flow stays open.', '1h'),
    ui_url: uiUrl('settings'),
    privileged_session_max_age: duration(
      'How long after signing in, or recovering, a person may change a password without confirming again.',
      '1h',
    ),
    required_aal: oneOf(['aal1', 'highest_available'], {
      description:
        'The authentication level that the settings flow asks for: one factor, or as many as the person has set up.',
      default: 'highest_available',
    }),
    after: section('What follows a change.', {
      password: section('What follows a new password.', {
        hooks: hooks(
          ['revoke_active_sessions', 'web_hook'],
          "What a new password brings with it. `revoke_active_sessions` ends all of the person's other sessions, at once; `web_hook` sends a request afterwards, and again until it is taken.",
        ),
      }),
      profile: section('What follows changed traits.', {
        hooks: hooks(['web_hook'], 'Requests to send afterwards, and again until they are taken.'),
      }),
      hooks: hooks(['web_hook'], 'Requests to send after a change of any kind, and again until they are taken.'),
    }),
  }),
  login: section('Signing in again, where a change needs it.', {
    lifespan: duration('How long a login flow stays open.', '1h'),
    ui_url: uiUrl('login'),
  }),
  logout: section('Signing out.', {
    after: section('What follows.', {
      default_browser_return_url: returnUrl(
        'Where browsers go when they are signed out.',
        '`selfservice.default_browser_return_url`',
      ),
    }),
  }),
  error: section('Errors of browser flows.', { ui_url: uiUrl('error') }),
});

/** `selfservice`: what people can do by themselves. */
export const selfservice = section('What people can do by themselves.', {
  default_browser_return_url: returnUrl(
    'Where browsers go when a flow is finished and nothing else was asked for: an absolute URL, or a path on the public base URL.',
    '`<public base_url>ui/settings`',
  ),
  allowed_return_urls: list(text('return-url', { description: 'A URL, or a path on the public base URL.' }), {
    description:
      'Where `return_to` may point. Scheme and host must be those of an entry, and the path must begin with its path; `https://*.example.com/` stands for all subdomains.',
    default: [],
  }),
  methods,
  flows,
});
