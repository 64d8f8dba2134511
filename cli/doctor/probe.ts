import type { JsonValue } from '../../schemas/json.js';
import { causeOf } from '../admin-api.js';

const TIMEOUT_MS = 10_000;

/** What a port said to one GET. */
export type Probe =
  | {
      readonly answered: true;
      readonly status: number;
      readonly body: JsonValue | undefined;
      /** Where it sends the caller, or null. */
      readonly location: string | null;
      /** How far its clock is ahead of ours, milliseconds; null when it gave no time. */
      readonly clockAheadMs: number | null;
    }
  | { readonly answered: false; readonly why: string };

/** Asks once, and follows nothing. Never throws. */
export async function probe(base: string, path: string, key?: string): Promise<Probe> {
  const before = Date.now();
  try {
    const response = await fetch(new URL(path, base), {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    });
    const after = Date.now();
    const text = await response.text();
    // The header has whole seconds: half of one is the best guess of the rest.
    const theirs = Date.parse(response.headers.get('date') ?? '') + 500;
    return {
      answered: true,
      status: response.status,
      body: parsed(text),
      location: response.headers.get('location'),
      clockAheadMs: Number.isNaN(theirs) ? null : theirs - (before + after) / 2,
    };
  } catch (error) {
    return { answered: false, why: causeOf(error) };
  }
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
