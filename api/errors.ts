import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseAway } from '../platform/postgres.js';
import { ERRORS, LatchkeyError } from '../schemas/errors.js';

/** The body of an error, in Kratos' shape. */
export function errorBody(error: LatchkeyError): { error: Record<string, unknown> } & Record<string, unknown> {
  const known: { status: number; id?: string; message: string } = ERRORS[error.code];
  const { reason, details, beside } = error.extras;
  return {
    error: {
      ...(known.id && { id: known.id }),
      code: known.status,
      status: STATUS_CODES[known.status] ?? 'Error',
      ...(reason && { reason }),
      ...(details && { details }),
      message: known.message,
    },
    ...beside,
  };
}

/** Sends an error as JSON, with the headers that belong to it. */
export function sendError(reply: FastifyReply, error: LatchkeyError): FastifyReply {
  const known: { status: number; id?: string } = ERRORS[error.code];
  if (error.extras.retryAfterSeconds !== undefined) reply.header('retry-after', error.extras.retryAfterSeconds);
  return reply
    .code(known.status)
    .header('ory-error-id', known.id ?? '')
    .header('cache-control', 'private, no-cache, no-store, must-revalidate')
    .type('application/json; charset=utf-8')
    .send(errorBody(error));
}

/** Turns anything thrown into the one error type. Only what is our own fault becomes `internal`. */
export function toLatchkeyError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  if (isDatabaseAway(error)) return new LatchkeyError('unavailable', { retryAfterSeconds: 2, cause: error });
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new LatchkeyError('body_too_large', {
      reason: 'The body is larger than this service takes (limits.body_size).',
    });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new LatchkeyError('bad_request', {
      reason: 'Content-Type: send application/json or application/x-www-form-urlencoded.',
    });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new LatchkeyError('bad_request', { reason: 'The request is not well-formed HTTP.' });
  }
  return new LatchkeyError('internal', { cause: error });
}

/**
 * The one place that turns errors into answers. `page`, if given, may answer a browser with a redirect instead of JSON;
 * it returns false to leave the error to this.
 */
export function registerErrorAnswers(
  app: FastifyInstance,
  page?: (error: LatchkeyError, request: FastifyRequest, reply: FastifyReply) => Promise<boolean>,
): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const error = toLatchkeyError(thrown);
    if (error.status >= 500) {
      request.log.error({ err: error.extras.cause ?? error, code: error.code, detail: error.extras.private }, 'failed');
    }
    if (page && (await page(error, request, reply).catch(() => false))) return reply;
    return sendError(reply, error);
  });
}
