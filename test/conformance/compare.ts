import type { JsonValue } from '../../schemas/json.js';
import type { AnswerFacts } from './recording.js';
import type { Bindings } from './templates.js';

/** One thing in which an answer is not what Kratos answered. */
export interface Gap {
  /** Where: `answer` (another status altogether), a header, or a path in the body. */
  what: string;
  kratos: string;
  here: string;
}

const ABSENT = 'nothing';
/** Headers that are sets of names: order and letter case mean nothing. */
const SETS = new Set(['vary', 'allow', 'access-control-allow-methods', 'access-control-allow-headers']);

/** The gaps between a recorded answer and ours. Another status is one gap, and nothing else is compared then. */
export function compareAnswers(expected: AnswerFacts, actual: AnswerFacts, bindings: Bindings): Gap[] {
  const comparison = new Comparison(bindings);
  if (expected.status !== actual.status) comparison.gap('answer', summary(expected), summary(actual));
  else {
    comparison.headers(expected.headers ?? {}, actual.headers ?? {});
    comparison.values('body', expected.body, actual.body);
  }
  return comparison.gaps;
}

/** The gaps between something that was looked at then and now. */
export function compareObservations(expected: JsonValue, actual: JsonValue, bindings: Bindings): Gap[] {
  const comparison = new Comparison(bindings);
  comparison.values('seen', expected, actual);
  return comparison.gaps;
}

class Comparison {
  readonly gaps: Gap[] = [];

  constructor(private readonly bindings: Bindings) {}

  gap(what: string, kratos: string, here: string): void {
    const short = (text: string): string =>
      this.bindings.abbreviate(text).replace(/\{(\w+)(\.\w+)*\.\d+\}/g, shortName);
    this.gaps.push({ what, kratos: short(kratos), here: short(here) });
  }

  headers(expected: Record<string, string | string[]>, actual: Record<string, string | string[]>): void {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const [then, now] = [expected[name], actual[name]];
      // Forbidding caches where Kratos says nothing is no difference to anybody.
      if (name === 'cache-control' && then === undefined) continue;
      if (name === 'set-cookie') this.cookies(then, now);
      else if (typeof then !== 'string' || typeof now !== 'string') this.gap(name, text(then), text(now));
      else if (SETS.has(name) ? !sameNames(then, now) : !this.bindings.matches(then, now)) this.gap(name, then, now);
    }
  }

  private cookies(expected: string | string[] = [], actual: string | string[] = []): void {
    const byName = (cookies: string | string[]) =>
      new Map(
        [cookies].flat().map((cookie) => [(cookie.split(';')[0] ?? '').replace(/_[0-9a-f]{64}$/, '_{hash}'), cookie]),
      );
    const [then, now] = [byName(expected), byName(actual)];
    for (const name of new Set([...then.keys(), ...now.keys()])) {
      const [before, after] = [then.get(name), now.get(name)];
      const same = before !== undefined && after !== undefined && this.bindings.matches(before, after);
      if (!same) this.gap(`set-cookie ${name.replace('_{hash}', '')}`, text(before), text(after));
    }
  }

  values(path: string, expected: JsonValue | undefined, actual: JsonValue | undefined): void {
    if (isObject(expected) && isObject(actual)) {
      for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
        if (key === 'nodes' && path.endsWith('.ui')) this.lines(`${path}.${key}`, expected[key], actual[key]);
        else this.values(`${path}.${key}`, expected[key], actual[key]);
      }
    } else if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
      expected.forEach((item, index) => this.values(`${path}[${index}]`, item, actual[index]));
    } else if (expected === '{number}' && typeof actual === 'number') {
      return;
    } else if (typeof expected === 'string' && typeof actual === 'string') {
      if (!this.bindings.matches(expected, actual)) this.gap(path, expected, actual);
    } else if (expected !== actual) {
      this.gap(path, text(expected), text(actual));
    }
  }

  /** Form nodes: the same ones in the same order. */
  private lines(path: string, expected: JsonValue | undefined, actual: JsonValue | undefined): void {
    if (!Array.isArray(expected) || !Array.isArray(actual)) return this.values(path, expected, actual);
    const missing = expected.filter((line, index) => !this.bindings.matches(String(line), String(actual[index] ?? '')));
    const extra = actual.filter((line, index) => !this.bindings.matches(String(expected[index] ?? ''), String(line)));
    if (missing.length + extra.length > 0) this.gap(path, missing.join(' | ') || ABSENT, extra.join(' | ') || ABSENT);
  }
}

/** An answer in a few words. */
export function summary({ status, headers = {}, body }: AnswerFacts): string {
  const words = [String(status)];
  if (headers.location !== undefined) words.push(`to ${text(headers.location)}`);
  if (isObject(body)) {
    if (isObject(body.error)) words.push(text(body.error.id ?? 'error'));
    if (isObject(body.error) && isObject(body.error.details))
      words.push(`with ${Object.keys(body.error.details).join(', ')}`);
    if (typeof body.state === 'string') words.push(body.state);
    if (isObject(body.ui) && Array.isArray(body.ui.messages))
      words.push(body.ui.messages.map((line) => text(line).split(' ')[0]).join(', '));
  } else if (status < 300 && headers['content-type'] !== undefined) words.push(text(headers['content-type']));
  const cookies = [headers['set-cookie'] ?? []].flat();
  if (cookies.some((cookie) => cookie.startsWith('ory_kratos_session'))) words.push('with the session cookie');
  return words.join(' ');
}

function shortName(_: string, kind: string): string {
  return ['flow', 'settings', 'login', 'identity', 'error', 'id', 'message', 'fresh'].includes(kind)
    ? '{id}'
    : `{${kind}}`;
}

function sameNames(left: string, right: string): boolean {
  const names = (list: string) => [...new Set(list.toLowerCase().split(/\s*,\s*/))].sort().join();
  return names(left) === names(right);
}

function text(value: JsonValue | undefined): string {
  if (value === undefined) return ABSENT;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isObject(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
