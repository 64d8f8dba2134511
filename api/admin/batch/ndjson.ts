import type { JsonObject } from '../../../schemas/json.js';
import { badRequest } from '../../validation.js';
import { MOST_ROW_LENGTH, tooLong } from './source-rows.js';
import type { SourceRow } from './source-rows.js';

/**
 * The rows of NDJSON text: a JSON object on each line; empty lines count for nothing.
 *
 * @throws LatchkeyError bad_request for a line that is too long, and for a last line that was cut short
 */
export async function* ndjsonRows(text: AsyncIterable<string>): AsyncGenerator<SourceRow> {
  let rest = '';
  let line = 0;
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) {
      line += 1;
      const row = rowOf(one, line);
      if (row) yield row;
    }
    if (rest.length > MOST_ROW_LENGTH) throw badRequest(tooLong(line + 1));
  }
  const last = rowOf(rest, line + 1);
  if (last?.problem === NOT_JSON) {
    throw badRequest('The upload ends in the middle of a row: it was cut short. Nothing of it was taken.');
  }
  if (last) yield last;
}

const NOT_JSON = 'is not valid JSON';

function rowOf(text: string, line: number): SourceRow | undefined {
  if (text.length > MOST_ROW_LENGTH) throw badRequest(tooLong(line));
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, problem: NOT_JSON };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { line, problem: 'is not a JSON object' };
  return { line, object: value as JsonObject };
}
