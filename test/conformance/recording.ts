import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../platform/paths.js';
import type { JsonValue } from '../../schemas/json.js';

/** One request as a recording has it. Strings may hold placeholders, see `templates.ts`. */
export interface RecordedRequest {
  method: string;
  to: 'public' | 'admin';
  path: string;
  /** Which browser sends it; absent for clients that keep no cookies. */
  browser?: number;
  headers?: Record<string, string>;
  body?: JsonValue;
}

/** What is compared of an answer: see `facts.ts`. */
export interface AnswerFacts {
  status: number;
  headers?: Record<string, string | string[]>;
  body?: JsonValue;
}

/** One step of a recording: an exchange, or something that was looked at (`observed`). */
export interface RecordedStep {
  name: string;
  /** Name of another configuration than the recording's, from this step on. */
  config?: string;
  send?: RecordedRequest;
  expect?: AnswerFacts;
  observed?: JsonValue;
}

/**
 * A recording of Ory Kratos v26.2.0, reduced to facts: paths, statuses, ids, names, types and shapes. Sentences are
 * left out, and values that differ each time stand as placeholders.
 */
export function loadRecording(file: string): RecordedStep[] {
  const path = join(projectRoot, 'test', 'conformance', 'recordings', `${file}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as RecordedStep[];
}
