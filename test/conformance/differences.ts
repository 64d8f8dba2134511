import type { Gap } from './compare.js';

/** A difference on purpose. */
export interface Difference {
  /** Steps such as `08.12`; `anywhere` for what runs through all of them. */
  at: readonly string[] | 'anywhere';
  /** Which gap: all of its path, or the end of it. */
  what: string;
  /** What Kratos answers and what is answered here; where it is left out, anything. */
  kratos?: string;
  here?: string;
  /** One sentence. */
  why: string;
}

/** Every difference on purpose. One that is not in this list fails the test, and so does one that no longer occurs. */
export const DIFFERENCES: readonly Difference[] = [
  // The safe way
  {
    at: [...steps('19', 5, 6, 7, 12, 16, 18, 20, 28), ...steps('20', 13, 17, 25, 27)],
    what: 'answer',
    here: '200 text/html',
    why: 'Opening a link shows a page with a button and uses nothing up, as mail scanners open links too; `link.config.consume_on_get` brings back the old way.',
  },
  {
    at: bothWays('19', 25, 27),
    what: 'answer',
    here: '200',
    why: 'HEAD says that the link can be opened, tells nothing else and uses nothing up (RFC 9110).',
  },
  {
    at: ['on GET 19.5'],
    what: 'location',
    why: 'A newer link replaces the older one, as a newer code does.',
  },
  {
    at: ['on GET 19.5'],
    what: 'set-cookie ory_kratos_session',
    here: 'nothing',
    why: 'A newer link replaces the older one, as a newer code does.',
  },
  {
    at: ['12.14', '43.5'],
    what: 'answer',
    here: '400 error with continue_with',
    why: 'Once a person is back in, their older codes are worth nothing: whoever holds one could otherwise take the account again.',
  },
  {
    at: ['11.10'],
    what: 'answer',
    here: '400 error with continue_with',
    why: 'After five wrong codes the flow is closed; Kratos mails a code that it then refuses.',
  },
  {
    at: ['11.11'],
    what: 'request',
    why: 'There is no such code to send: see the step before.',
  },
  {
    at: ['12.16'],
    what: 'seen.mails',
    here: '10',
    why: 'A flow sends ten mails at most (`limits.issues_per_flow`), so that nobody floods a mailbox with it; the answers stay alike.',
  },
  {
    at: ['06.29'],
    what: 'body.error.details.identity_id',
    here: 'nothing',
    why: 'People are told that the account is disabled, not which record it is.',
  },
  {
    at: [...bothWays('19', 14, 17, 19), ...bothWays('20', 15, 18, 28)],
    what: 'body.request_url',
    why: 'A token is stored nowhere, not even in the address that a flow remembers.',
  },
  {
    at: ['15.4', ...steps('27', 1, 2, 3, 4)],
    what: 'subject',
    here: '<redacted>',
    why: 'Mails are rendered when they are sent and stored nowhere, as they hold codes; so there is nothing to show, in development either.',
  },
  {
    at: ['15.4', ...steps('27', 1, 2, 3, 4)],
    what: 'body',
    here: '<redacted>',
    why: 'Mails are rendered when they are sent and stored nowhere, as they hold codes; so there is nothing to show, in development either.',
  },
  {
    at: ['26.11'],
    what: 'set-cookie latchkey_verification',
    kratos: 'nothing',
    why: 'The code of an opened link goes to the page in a cookie of ten minutes, not in an address that is logged and passed on.',
  },
  // Mended
  {
    at: ['08.12', '31.6'],
    what: 'answer',
    here: '400 error with continue_with',
    why: 'Kratos crashes here, and shows the world a stack trace.',
  },
  {
    at: [...bothWays('20', 20, 23), '21.6'],
    what: 'set-cookie csrf_token',
    kratos: 'nothing',
    why: 'The new flow belongs to the browser that is sent to it; in Kratos it belongs to none and ends in a 403.',
  },
  {
    at: ['08.17'],
    what: 'answer',
    here: '200 sent_email 1060003',
    why: 'Spaces around an address come from copying; they are forgiven.',
  },
  {
    at: ['07.6', '29.1'],
    what: 'answer',
    why: 'A client that does not ask for HTML gets the error as JSON, not a redirect to a page.',
  },
  {
    at: steps('26', 3, 6, 7, 10, 12, 13, 14, 15, 16),
    what: 'answer',
    why: 'An app is answered with the flow, as in recovery; Kratos sends it to a page for browsers when it does not ask for JSON.',
  },
  {
    at: ['27.1'],
    what: 'status',
    here: 'processing',
    why: 'A mail gets its row when a sender begins with it: until then its workflow keeps it.',
  },
  {
    at: ['29.4'],
    what: 'answer',
    here: '404 error',
    why: "Flows are looked up while recovery is off, as administrators' codes go on working; and JSON unless HTML is asked for.",
  },
  {
    at: ['46.4'],
    what: 'answer',
    here: '413 error',
    why: 'A body is refused for its size before anything is looked up.',
  },
  {
    at: ['05.6'],
    what: 'body.error.code',
    here: '400',
    why: 'An answer with status 400 says 400 inside as well.',
  },
  {
    at: ['05.6'],
    what: 'body.error.status',
    here: 'Bad Request',
    why: 'An answer with status 400 says 400 inside as well.',
  },
  {
    at: ['07.17', '25.4'],
    what: 'identity.schema_url',
    kratos: '',
    why: 'The list of sessions has the address of the schema too; Kratos leaves it empty there.',
  },
  {
    at: [...steps('02', 18, 19, 20, 21), ...steps('05', 2, 6), '26.20', ...steps('27', 8, 9, 10)],
    what: 'error.reason',
    kratos: 'nothing',
    why: 'Errors say what was wrong with the request.',
  },
  {
    at: ['06.29', '08.11', ...steps('11', 8, 9, 26), ...steps('16', 7, 8), '21.2'],
    what: 'flow.url',
    kratos: 'nothing',
    why: "Where a new flow takes over, its page is named too; Ory's clients know the field.",
  },
  // Other ways to the same end
  {
    at: 'anywhere',
    what: 'set-cookie csrf_token',
    here: 'nothing',
    why: 'The form token is set when a browser begins a flow and renewed when it signs in; other answers leave it alone.',
  },
  {
    at: ['01.20', '18.11', ...bothWays('20', 21), '21.7'],
    what: 'body.error.details',
    here: 'nothing',
    why: 'The reason says in one sentence what was missing; the details are links to Ory and hints for Ory.',
  },
  {
    at: ['18.26'],
    what: 'body.ui.nodes',
    why: 'A flow for an app has an empty form token, also when it takes the place of another.',
  },
  {
    at: ['23.1'],
    what: 'body.ui.nodes',
    why: "An administrator's flow has no form token: its code is the proof. Kratos adds one at the end, when nothing is left to submit.",
  },
  {
    at: bothWays('19', 24),
    what: 'body.active',
    kratos: 'default',
    why: 'The flow goes on saying which method it takes.',
  },
  {
    at: bothWays('20', 18, 28),
    what: 'body.active',
    here: 'code',
    why: 'The flow that takes over offers the method that people are offered (`recovery.use`), whatever the administrator used.',
  },
  {
    at: bothWays('20', 18, 28),
    what: 'body.ui.nodes',
    why: 'The flow that takes over offers the method that people are offered (`recovery.use`), whatever the administrator used.',
  },
  {
    at: ['23.6', '23.7'],
    what: 'set-cookie ory_kratos_continuity',
    here: 'nothing',
    why: 'What was typed is not kept over the sign-in in between; the person types it again.',
  },
  {
    at: ['10.11'],
    what: 'set-cookie ory_kratos_session',
    here: 'nothing',
    why: 'The session is the same before and after, and so is its cookie.',
  },
  {
    at: [...steps('07', 14, 15, 16, 20), ...steps('23', 9, 11), '24.2', '25.6', '43.4'],
    what: 'verifiable_addresses[0].status',
    kratos: 'sent',
    here: 'pending',
    why: 'Saving settings does not start a verification that nobody asked for.',
  },
  {
    at: [
      ...steps('03', 2, 3, 6, 7, 9, 11, 12),
      '07.16',
      '08.15',
      ...bothWays('19', 15),
      ...bothWays('20', 16),
      ...steps('26', 5, 9),
    ],
    what: 'credentials.password.version',
    here: '0',
    why: "The version of Kratos' own storage format; there is only one here.",
  },
  {
    at: [...steps('01', 1, 2, 3), '46.5'],
    what: 'vary',
    kratos: 'Origin',
    here: 'Origin, Cookie',
    why: 'One Vary header for the whole public API.',
  },
];

/** A feature that is not there yet, and the steps that need it. */
export interface NotYet {
  feature: string;
  at: readonly string[];
}

/** Steps that fail for want of a feature. An entry that is no longer needed fails the test. */
export const NOT_YET: readonly NotYet[] = [{ feature: 'metrics', at: ['01.26'] }];

/** The difference on purpose that explains a gap in a step, or undefined. */
export function explain(step: string, gap: Gap): Difference | undefined {
  return DIFFERENCES.find(
    ({ at, what, kratos, here }) =>
      (at === 'anywhere' || at.includes(step)) &&
      (gap.what === what || gap.what.endsWith(`.${what}`)) &&
      (kratos === undefined || kratos === gap.kratos) &&
      (here === undefined || here === gap.here),
  );
}

function steps(recording: string, ...numbers: number[]): string[] {
  return numbers.map((number) => `${recording}.${number}`);
}

function bothWays(recording: string, ...numbers: number[]): string[] {
  return [...steps(recording, ...numbers), ...steps(`on GET ${recording}`, ...numbers)];
}
