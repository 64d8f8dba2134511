import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { JsonValue } from '../../schemas/json.js';
import { noteSecretsIn, noteSecretsOf } from '../support/http.js';

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Parsed JSON; undefined when the body is not JSON. */
  json: any;
}

/** Sends exactly the headers given (fetch would add some of its own), and follows no redirect. */
export async function exchange(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<WireAnswer> {
  const answer = await new Promise<WireAnswer>((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(url, { method, headers: { ...headers, ...length }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
  noteSecretsIn(parsed(body ?? '', withoutGuesses));
  noteSecretsOf(answer.text, answer.json, answer.headers['set-cookie'] ?? []);
  return answer;
}

/** Wrong codes such as 000000 are no secrets, and turn up by chance; right ones are noted where they are made. */
function withoutGuesses(key: string, value: unknown): unknown {
  return key === 'code' ? undefined : value;
}

function parsed(text: string, reviver?: (key: string, value: unknown) => unknown): JsonValue | undefined {
  try {
    return JSON.parse(text, reviver) as JsonValue;
  } catch {
    return undefined;
  }
}
