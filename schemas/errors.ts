/**
 * Every error that Latchkey answers with, by its stable code.
 *
 * `status` is the HTTP status, `id` is Kratos' error id where Kratos has one (clients switch on it), `message` is the
 * general sentence; the particular one goes into `reason` where the error is thrown. The code is also the type of a
 * Temporal `ApplicationFailure`, so that it survives the wire.
 */
export const ERRORS = {
  bad_request: { status: 400, message: 'The request was malformed or a value in it is not valid.' },
  unauthorized: { status: 401, message: 'The request carries no valid credentials.' },
  forbidden: { status: 403, message: 'This action is not allowed.' },
  not_found: { status: 404, message: 'There is nothing here under that name.' },
  gone: { status: 410, message: 'This is no longer available.' },
  conflict: { status: 409, message: 'This conflicts with something that already exists.' },
  invite_state: {
    status: 409,
    id: 'invite_state_conflict',
    message: 'In the state that the invite is in, this cannot be done.',
  },
  batch_state: {
    status: 409,
    id: 'batch_state_conflict',
    message: 'In the state that the batch is in, this cannot be done.',
  },
  body_too_large: { status: 413, message: 'The request body is larger than this service takes.' },
  request_timeout: { status: 408, message: 'The request took too long to arrive.' },
  headers_too_large: { status: 431, message: 'The header fields are larger than this service takes.' },
  unsupported_media_type: { status: 415, message: 'The body is of a type that this service does not read.' },
  idempotency_mismatch: {
    status: 422,
    message: 'This Idempotency-Key was used before with a different request.',
  },
  too_many_requests: { status: 429, message: 'Too many requests. Wait a little, then try again.' },
  internal: { status: 500, message: 'Something went wrong on our side.' },
  unavailable: { status: 503, message: 'A part of this service is away for the moment. Try again shortly.' },
  csrf_violation: {
    status: 403,
    id: 'security_csrf_violation',
    message: 'The request could not be tied to the page it claims to come from.',
  },
  identity_mismatch: {
    status: 403,
    id: 'security_identity_mismatch',
    message: 'This page was opened for another account.',
  },
  session_already_available: {
    status: 400,
    id: 'session_already_available',
    message: 'You are signed in already.',
  },
  session_refresh_required: {
    status: 403,
    id: 'session_refresh_required',
    message: 'Please confirm that it is you before changing this.',
  },
  session_aal1_required: {
    status: 401,
    id: 'session_aal1_required',
    message: 'Please sign in first.',
  },
  session_aal2_required: {
    status: 403,
    id: 'session_aal2_required',
    message: 'Your second factor is needed for this.',
  },
  upstream_error: { status: 502, id: 'upstream_error', message: 'Another service that this needs did not answer.' },
  flow_expired: { status: 410, id: 'self_service_flow_expired', message: 'This page has expired.' },
  flow_replaced: {
    status: 410,
    id: 'self_service_flow_replaced',
    message: 'This page takes nothing any more. Go on with the new one.',
  },
  return_to_forbidden: {
    status: 400,
    id: 'self_service_flow_return_to_forbidden',
    message: 'The address to return to is not on the list of allowed ones.',
  },
  identity_disabled: { status: 400, id: 'identity_disabled', message: 'This account is disabled.' },
  browser_location_change_required: {
    status: 422,
    id: 'browser_location_change_required',
    message: 'Continue in the browser, at the address given.',
  },
} as const satisfies Record<string, { status: number; id?: string; message: string }>;

/** A stable error code: a key of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** What a thrower may add to an error. Everything but `private` and `cause` reaches the client. */
export interface ErrorExtras {
  /** One sentence: what was wrong with this request and what to do about it. Names the field. Never holds a secret. */
  reason?: string;
  /** Kratos' `error.details`. */
  details?: Record<string, unknown>;
  /** Fields beside `error` in the body, such as `redirect_browser_to` or `use_flow_id`. */
  beside?: Record<string, unknown>;
  /** Seconds for a `Retry-After` header. */
  retryAfterSeconds?: number;
  /** For the log only. Must still be free of codes, tokens, passwords and addresses. */
  private?: string;
  cause?: unknown;
}

/** The one error type of this project. Turned into an HTTP answer in `api/errors.ts` and nowhere else. */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError';

  constructor(
    readonly code: ErrorCode,
    readonly extras: ErrorExtras = {},
  ) {
    super(extras.reason ?? ERRORS[code].message, { cause: extras.cause });
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
