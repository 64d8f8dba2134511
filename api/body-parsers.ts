import type { FastifyInstance, FastifyRequest } from 'fastify';
import { visit } from 'jsonc-parser';
import { LatchkeyError } from '../schemas/errors.js';

const STRICT_JSON = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };
const MAX_DEPTH = 64;

/**
 * Reads bodies strictly. A body that two parsers could read in two ways is refused: repeated keys, `__proto__`, bytes
 * that are not UTF-8, JSON that is nested absurdly deep.
 */
export function registerBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    ['application/json', 'application/json-patch+json'],
    { parseAs: 'buffer' },
    (request, body, done) => {
      try {
        done(null, parseJson(textOf(request, body)));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  app.addContentTypeParser<Buffer>(
    'application/x-www-form-urlencoded',
    { parseAs: 'buffer' },
    (request, body, done) => {
      try {
        done(null, parseForm(textOf(request, body)));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

function refuse(reason: string): LatchkeyError {
  return new LatchkeyError('bad_request', { reason });
}

function textOf(request: FastifyRequest, body: Buffer): string {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw refuse('Content-Type: the charset must be utf-8.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw refuse('The body is not valid UTF-8.');
  }
}

/** An empty body is `undefined`: whether that is enough is the route's to say. */
function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('The body is not valid JSON.');
  }
  refuseAmbiguous(text);
  return value;
}

function refuseAmbiguous(text: string): void {
  const objects: Set<string>[] = [];
  let depth = 0;
  const enter = (): void => {
    depth += 1;
    if (depth > MAX_DEPTH) throw refuse(`The body is nested more than ${MAX_DEPTH} levels deep.`);
  };
  visit(
    text,
    {
      onObjectBegin() {
        enter();
        objects.push(new Set());
      },
      onObjectProperty(name) {
        const keys = objects.at(-1);
        if (name === '__proto__') throw refuse('The key __proto__ is not taken.');
        if (keys?.has(name)) throw refuse(`The key ${JSON.stringify(name.slice(0, 60))} stands there twice.`);
        keys?.add(name);
      },
      onObjectEnd() {
        depth -= 1;
        objects.pop();
      },
      onArrayBegin: enter,
      onArrayEnd: () => void (depth -= 1),
    },
    STRICT_JSON,
  );
}

/** A form's fields. A field may be repeated with one value (a hidden input and a button), not with two. */
function parseForm(text: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === '__proto__') throw refuse('The field __proto__ is not taken.');
    // What stands in for bytes that are no text.
    if (`${name}${value}`.includes('\ufffd')) throw refuse('The body is not valid UTF-8.');
    const before = fields[name];
    if (before !== undefined && before !== value) {
      throw refuse(`The field ${JSON.stringify(name.slice(0, 60))} stands there twice, with different values.`);
    }
    fields[name] = value;
  }
  return { ...fields };
}
