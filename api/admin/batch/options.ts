import type { FastifyRequest } from 'fastify';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { BatchKind } from '../../../workflows/domain/batch-lifecycle.js';
import { formatGoDuration } from '../../../workflows/domain/duration.js';
import type { ApiContext } from '../../context.js';
import { badRequest, queryFlag, queryValue } from '../../validation.js';
import { lifeOf } from '../expires-in.js';

const TEN_YEARS = { ms: 10 * 365 * 86_400_000, words: 'ten years' };
const KINDS: readonly string[] = ['invite', 'import', 'recover'];
const CONTENT = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
const FORMATS: Record<string, { content: keyof typeof CONTENT; kinds: readonly string[] }> = {
  csv: { content: 'csv', kinds: KINDS },
  ndjson: { content: 'ndjson', kinds: KINDS },
  kratos: { content: 'ndjson', kinds: ['import'] },
  auth0: { content: 'ndjson', kinds: ['import'] },
  keycloak: { content: 'ndjson', kinds: ['import'] },
};

/** What the query of `POST /admin/batches` asks for. */
export interface BatchOptions {
  kind: BatchKind;
  /** `csv`, `ndjson`, `kratos`, `auth0`, `keycloak`; `filter` without an upload. */
  format: string;
  /** What the upload is made of; null without one. */
  content: 'csv' | 'ndjson' | null;
  schemaId: string;
  lifeMs: number | null;
  mailsPerSecond: number;
  dryRun: boolean;
}

/** @throws LatchkeyError bad_request naming the parameter */
export function batchOptions(ctx: ApiContext, request: FastifyRequest): BatchOptions {
  const { query } = request;
  const kind = queryValue(query, 'kind') ?? '';
  if (!KINDS.includes(kind)) throw badRequest(`kind: must be one of ${KINDS.join(', ')}`);
  const expiresIn = queryValue(query, 'expires_in');
  if (kind === 'import' && expiresIn !== undefined) throw badRequest('expires_in: an import has nothing that expires');
  const { maxLifespanMs } = ctx.config.invites;
  const longest =
    kind === 'invite'
      ? { ms: maxLifespanMs, words: `${formatGoDuration(maxLifespanMs)} (invites.max_lifespan)` }
      : TEN_YEARS;
  return {
    kind: kind as BatchKind,
    ...formatOf(request, kind),
    schemaId: queryValue(query, 'schema_id') ?? ctx.config.identity.defaultSchemaId,
    lifeMs: expiresIn === undefined ? null : lifeOf(expiresIn, 0, longest),
    mailsPerSecond: rateOf(queryValue(query, 'rate'), ctx.config.batches.mailsPerSecond),
    dryRun: queryFlag(query, 'dry_run') ?? false,
  };
}

function formatOf(request: FastifyRequest, kind: string): Pick<BatchOptions, 'format' | 'content'> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const asked = queryValue(request.query, 'format');
  if (type === 'application/json') {
    if (kind === 'recover' && asked === undefined) return { format: 'filter', content: null };
    throw new LatchkeyError('unsupported_media_type', {
      reason: 'Content-Type: upload text/csv or application/x-ndjson; only kind=recover takes JSON, which is a filter.',
    });
  }
  const content = type === 'text/csv' ? 'csv' : 'ndjson';
  const format = asked ?? content;
  const known = FORMATS[format];
  if (!known) throw badRequest(`format: must be one of ${Object.keys(FORMATS).join(', ')}`);
  if (!known.kinds.includes(kind)) throw badRequest(`format: ${format} is for kind=${known.kinds.join(' or ')}`);
  if (known.content !== content)
    throw badRequest(`format: ${format} is uploaded as Content-Type: ${CONTENT[known.content]}`);
  return { format, content };
}

function rateOf(given: string | undefined, most: number): number {
  if (given === undefined) return most;
  const rate = Number(given);
  if (!/^\d+(\.\d+)?$/.test(given) || rate < 0.01 || rate > most) {
    throw badRequest(`rate: mails per second, from 0.01 to ${most} (batches.mails_per_second)`);
  }
  return rate;
}
