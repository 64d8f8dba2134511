import { ERRORS } from '../../schemas/errors.js';
import type { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { withTimes } from './form.js';
import { page, paragraph, ways } from './page.js';

/** An error as far as a page tells of it: parts of the body in which it is answered to programs. */
export interface ShownProblem {
  /** Kratos' error id, where there is one. */
  readonly id?: string;
  /** HTTP status. */
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** Where a page of problems leads on to. */
type Way = 'recover' | 'account' | 'none';

interface Words {
  readonly title: string;
  readonly text: string;
  readonly way: Way;
}

const BY_ID: Readonly<Record<string, Words>> = {
  [ERRORS.csrf_violation.id]: {
    title: 'Please open the page again',
    text: 'The form does not belong to this browser, or the browser did not send the cookie of this site. Go on in the browser in which you began, or allow cookies and start again here.',
    way: 'recover',
  },
  [ERRORS.identity_mismatch.id]: {
    title: 'This page belongs to another account',
    text: 'You are signed in to a different account in this browser.',
    way: 'account',
  },
  [ERRORS.session_already_available.id]: {
    title: 'You are signed in already',
    text: 'There is nothing to get back into: you are in. In your account you can choose a new password.',
    way: 'account',
  },
  [ERRORS.flow_expired.id]: {
    title: 'That page was open for too long',
    text: 'Nothing is lost. Start again, it takes a minute.',
    way: 'recover',
  },
  [ERRORS.return_to_forbidden.id]: {
    title: 'We cannot send you on to that address',
    text: 'The page that sent you here asked to be returned to at an address that is not allowed. You can go on without it.',
    way: 'recover',
  },
  [ERRORS.identity_disabled.id]: {
    title: 'This account is disabled',
    text: 'The people who run this service can tell you more.',
    way: 'none',
  },
};

const BY_STATUS: Readonly<Record<number, Words>> = {
  404: {
    title: 'This page does not exist',
    text: 'Its address was cut short, or it was cleared away after its time. Start again, it takes a minute.',
    way: 'recover',
  },
  410: BY_ID[ERRORS.flow_expired.id] as Words,
  500: { title: 'That did not work', text: 'The fault is ours, not yours. Please try again in a while.', way: 'none' },
  503: {
    title: 'One moment, please',
    text: 'A part of this service is away just now. Wait a minute, then load this page again: nothing is lost.',
    way: 'none',
  },
};

/** The page that tells people of an error: what it means for them first, and its reason for whoever runs the service. */
export function problemPage(ctx: ApiContext, problem: ShownProblem): string {
  const words = BY_ID[problem.id ?? ''] ?? BY_STATUS[problem.code ?? 0];
  const reason = problem.reason ?? problem.message;
  if (!words) {
    const text = withTimes(reason ?? 'There is nothing to show here any more.');
    return page('That did not work', `<p>${text}</p>\n${wayOn(ctx, 'recover')}`);
  }
  const detail = reason && words.way !== 'none' ? `<p class="detail">In detail: ${withTimes(reason)}</p>` : '';
  return page(words.title, [paragraph(words.text), wayOn(ctx, words.way), detail].join('\n'));
}

/** What {@link problemPage} shows of an error. */
export function toShownProblem({ code, status, extras }: LatchkeyError): ShownProblem {
  const known: { id?: string; message: string } = ERRORS[code];
  return { id: known.id, code: status, reason: extras.reason, message: known.message };
}

function wayOn(ctx: ApiContext, way: Way): string {
  const base = ctx.config.serve.public.baseUrl;
  if (way === 'none') return '';
  if (way === 'account') return ways(['Go to your account', new URL('self-service/settings/browser', base).href]);
  return ways(['Start again', new URL('self-service/recovery/browser', base).href]);
}
