import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configFromProcess, readArguments } from '../../../platform/config/cli.js';

const ENV = { SECRETS_DEFAULT: 'a-secret-of-some-length' };

class Exit extends Error {
  constructor(readonly code: unknown) {
    super(`exit ${String(code)}`);
  }
}

let folder: string;
let file: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  file = join(folder, 'latchkey.yml');
  printed = '';
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Exit(code);
  });
  const print = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(print);
  vi.spyOn(process.stdout, 'write').mockImplementation(print);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('the command line of a process', () => {
  it.each([[['--config', 'a.yml']], [['--config=a.yml']], [['-c', 'a.yml']]])('takes %j', (argv) => {
    expect(readArguments(argv)).toEqual({ file: 'a.yml', help: false });
  });

  it('takes nothing at all', () => {
    expect(readArguments([])).toEqual({ file: undefined, help: false });
  });

  it('loads the file, and passes on what was ignored', () => {
    writeFileSync(file, 'version: v1.3.0\nserve: { public: { port: 5000 } }');
    const { config, ignored } = configFromProcess(['--config', file], ENV);
    expect(config.serve.public.port).toBe(5000);
    expect(ignored).toEqual(['version']);
    expect(printed).toBe('');
  });

  it('ends with status 1 and every mistake on a line', () => {
    writeFileSync(file, 'serve: { public: { port: abc } }\nsession: { lifespan: 1d }');
    expect(() => configFromProcess(['--config', file], ENV, { needs: ['dsn'] })).toThrow(new Exit(1));
    expect(printed).toBe(`The configuration cannot be used: 3 things to put right.

  serve.public.port: "abc" is not a whole number
  session.lifespan: "1d" is not a duration; write it like "1h30m"
  dsn: is missing; name a database, such as "postgres://user:password@host:5432/latchkey"
`);
  });

  it.each([[['--confg', 'a.yml']], [['a.yml']], [['--config']], [['--config', 'a', '--config', 'b']], [['--config=']]])(
    'ends with status 1 and help on %j',
    (argv) => {
      expect(() => configFromProcess(argv, ENV)).toThrow(new Exit(1));
      expect(printed).toContain('Usage: ');
    },
  );

  it('prints help and ends with status 0', () => {
    expect(() => configFromProcess(['--help'], {})).toThrow(new Exit(0));
    expect(printed).toContain('--config FILE');
  });
});
