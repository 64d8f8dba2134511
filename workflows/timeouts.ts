/** Every time-out and retry of the workflows, in one place. */
import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common';

/** Postgres steps: tried again until the database is back; the caller's own deadline is much shorter. */
export const FLOW_STEP: LocalActivityOptions = {
  startToCloseTimeout: '10s',
  localRetryThreshold: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '5s' },
};

const MAIL_RETRY: ActivityOptions['retry'] = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '1m',
  nonRetryableErrorTypes: ['mail_refused'],
};

/** A mailed code or link: tried for as long as the flow lives, then worthless. `lifeMs` in milliseconds. */
export function codeMail(lifeMs: number, issue: number): ActivityOptions {
  return {
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: Math.max(lifeMs, 1_000),
    retry: MAIL_RETRY,
    summary: `Mail code ${issue}`,
  };
}

/** A mail of an invite: tried for as long as the invite is open, which may be months. `lifeMs` in milliseconds. */
export function inviteMail(lifeMs: number, kind: 'invite' | 'reminder'): ActivityOptions {
  return {
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: Math.max(lifeMs, 1_000),
    retry: { ...MAIL_RETRY, maximumInterval: '10m' },
    summary: kind === 'invite' ? 'Mail the invite' : 'Mail the reminder',
  };
}

/** A notice: worth sending days later. */
export const NOTICE_MAIL: ActivityOptions = {
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '3 days',
  retry: MAIL_RETRY,
  summary: 'Mail the notice',
};

/** A reminder: tried until the next one, or what it reminds of, is due. `leftMs` in milliseconds. */
export function reminderMail(leftMs: number, days: number): ActivityOptions {
  return {
    startToCloseTimeout: '60s',
    scheduleToCloseTimeout: Math.max(leftMs, 1_000),
    // It may be about days, so it may be tried for days; half an hour more or less does not matter.
    retry: { ...MAIL_RETRY, maximumInterval: '30m' },
    summary: `Mail the reminder, ${days} days before`,
  };
}

/** A range of a batch's rows: tried until the database is back. Each row is a sign of life. */
export const BATCH_ROWS: ActivityOptions = {
  startToCloseTimeout: '10m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
};

/** A web hook: a receiver may be away over a long weekend. */
export const WEB_HOOK: ActivityOptions = {
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '4 days',
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 2,
    maximumInterval: '10m',
    nonRetryableErrorTypes: ['hook_refused'],
  },
  summary: 'Send a web hook',
};
