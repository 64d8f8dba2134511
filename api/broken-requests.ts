import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { LatchkeyError } from '../schemas/errors.js';
import { errorBody, sendError } from './errors.js';

const LINGER_MS = 500;

/** Answers a request whose URL leads to no route because it is malformed. */
export function answerUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const { code } = error;
  void sendError(
    reply,
    code === 'FST_ERR_BAD_URL'
      ? new LatchkeyError('bad_request', { reason: 'The path of the URL is not valid: a % stands for no UTF-8 text.' })
      : new LatchkeyError('not_found', { reason: 'The path of the URL is longer than any here.' }),
  );
}

/** Answers what is no HTTP at all, or too much of it, and hangs up. */
export function answerBrokenRequest(problem: Error & { code?: string }, socket: Socket): void {
  if (problem.code === 'ECONNRESET' || !socket.writable) return;
  const error = brokenRequest(problem.code);
  const body = JSON.stringify(errorBody(error));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Not at once: a client that is still sending would lose the answer to a reset.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function brokenRequest(code: string | undefined): LatchkeyError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new LatchkeyError('request_timeout', { reason: 'Header and body have to arrive within half a minute.' });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new LatchkeyError('headers_too_large', { reason: 'URL and header fields together may have 64 KB.' });
  }
  return new LatchkeyError('bad_request', { reason: 'The request is not well-formed HTTP.' });
}
