import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leftover } from '../support/leftovers.js';

interface Secret {
  kind: 'code' | 'token' | 'password' | 'address';
  value: string;
}

const secrets: Secret[] = readFileSync(leftover.secrets, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Secret);

const files = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];

/** Keys of a history that hold times and counters of Temporal's own: digits there are not codes. */
const NOT_OURS =
  /^(eventTime|taskId|eventId|version|.*Time|.*Timeout|.*EventId|historySizeBytes|.*Sizes?|identity|requestId)$/;

/** Every text in a history, with payloads decoded. */
function textsOf(value: unknown, into: string[] = []): string[] {
  if (typeof value === 'string') into.push(value, ...decoded(value));
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) {
      into.push(key);
      if (!NOT_OURS.test(key)) textsOf(inner, into);
    }
  }
  return into;
}

function decoded(text: string): string[] {
  if (!/^[A-Za-z0-9+/]{4,}={0,2}$/.test(text) || text.length % 4 !== 0) return [];
  return [Buffer.from(text, 'base64').toString('utf8')];
}

/** The secrets that stand in a text: codes as whole numbers, the rest anywhere. */
function found(text: string, wanted: readonly Secret[]): Secret[] {
  // Six digits within a UUID or a digest are no code.
  const numbers = new Set(text.match(/(?<![0-9a-z])\d{6}(?![0-9a-z])/gi) ?? []);
  const lower = text.toLowerCase();
  return wanted.filter(({ kind, value }) =>
    kind === 'code' && /^\d{6}$/.test(value) ? numbers.has(value) : lower.includes(value.toLowerCase()),
  );
}

describe('what the whole suite left behind', () => {
  it('has many secrets to look for, of every kind, and finds one that is planted', () => {
    const kinds = new Set(secrets.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(['code', 'token', 'password', 'address']));
    const code = secrets.find(({ kind, value }) => kind === 'code' && /^\d{6}$/.test(value));
    const planted = JSON.stringify({ payloads: [{ data: Buffer.from(`"${code?.value}"`).toString('base64') }] });
    expect(found(textsOf(JSON.parse(planted)).join('\n'), secrets)).toContainEqual(code);
  });

  it('holds no code, token, password or address in any workflow history', () => {
    const histories = files(leftover.histories);
    expect(histories.length).toBeGreaterThan(20);
    const leaks = histories.flatMap((file) => {
      const text = textsOf(JSON.parse(readFileSync(file, 'utf8'))).join('\n');
      return found(text, secrets).map(({ kind }) => `${kind} in ${file}`);
    });
    expect(leaks).toEqual([]);
  });

  it('holds none in any log', () => {
    const logs = files(leftover.logs);
    expect(logs.length).toBeGreaterThan(0);
    const leaks = logs.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .flatMap((line) => {
          const { time: _time, pid: _pid, ...rest } = JSON.parse(line) as Record<string, unknown>;
          return found(JSON.stringify(rest), secrets).map(({ kind }) => `${kind} in ${file}: ${String(rest.msg)}`);
        }),
    );
    expect(leaks).toEqual([]);
  });

  it('holds no code, token or password in any database; addresses live there', () => {
    const dumps = files(leftover.dumps);
    expect(dumps.length).toBeGreaterThan(0);
    const wanted = secrets.filter(({ kind }) => kind !== 'address');
    const leaks = dumps.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [table = '', row = ''] = line.split('\t');
          // Microseconds of times are digits too.
          const text = row.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?/g, '');
          return found(text, wanted).map(({ kind }) => `${kind} in table ${table}`);
        }),
    );
    expect(leaks).toEqual([]);
  });
});
