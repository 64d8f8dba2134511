import type { FastifyRequest } from 'fastify';
import { LatchkeyError } from '../schemas/errors.js';
import { isUuid, queryValue } from './validation.js';

/**
 * The flow id of a request. @throws LatchkeyError bad_request when it is missing or malformed, as Kratos does.
 */
export function flowIdOf(request: FastifyRequest, name: 'flow' | 'id'): string {
  const id = queryValue(request.query, name);
  if (id === undefined || !isUuid(id)) {
    throw new LatchkeyError('bad_request', { reason: `${name}: the id of a flow is missing or is not a UUID.` });
  }
  return id.toLowerCase();
}

/** Whether the client wants JSON. Only one that prefers HTML gets redirects and pages. */
export function wantsJson(request: FastifyRequest): boolean {
  if (/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return true;
  const accept = request.headers.accept ?? '*/*';
  const weight = (type: string): number => {
    const ranges = accept.split(',').map((range) => range.trim().toLowerCase().split(';'));
    for (const wanted of [type, `${type.split('/')[0]}/*`, '*/*']) {
      const range = ranges.find(([name]) => name?.trim() === wanted);
      if (range)
        return Number(
          range
            .find((part) => part.trim().startsWith('q='))
            ?.trim()
            .slice(2) ?? 1,
        );
    }
    return 0;
  };
  return weight('application/json') >= weight('text/html');
}
