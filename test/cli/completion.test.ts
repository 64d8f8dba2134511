import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';

let script: string;
beforeAll(async () => void (script = (await cli(['completion', 'bash'])).stdout));

/** What bash offers when TAB is pressed after these words; the last one is being typed. */
function offered(...words: string[]): string[] {
  const typed = words.map((word) => `'${word}'`).join(' ');
  const line = `COMP_WORDS=(latchkey ${typed}); COMP_CWORD=${words.length}; _latchkey; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', `${script}\n${line}`], { encoding: 'utf8' });
  return out.split('\n').filter(Boolean);
}

describe('completion in bash', () => {
  it('offers groups, then their commands, then options', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['identities', 'recover', 'doctor', 'completion', 'help']));
    expect(offered('ide')).toEqual(['identities']);
    expect(offered('identities', '')).toEqual(expect.arrayContaining(['list', 'get', 'create', 'delete', 'import']));
    expect(offered('identities', 'im')).toEqual(['import']);
    expect(offered('identities', 'list', '--i')).toEqual(['--identifier']);
    expect(offered('recover', '--l')).toEqual(['--link']);
    expect(offered('recover', 'ada@example.com', '--exp')).toEqual(['--expires-in']);
    expect(offered('identities', 'list', '--admin')).toEqual(['--admin-url']);
  });

  it('knows which options have values, and the values that are fixed', () => {
    expect(offered('messages', 'list', '--status', 'q')).toEqual(['queued']);
    expect(offered('machines', 'create', 'ci', '--scope', 'identities:r')).toEqual(['identities:read']);
    expect(offered('machines', 'create', 'ci', '-s', 'messages')).toEqual(['messages:read']);
    expect(offered('--admin-url', 'http://127.0.0.1', 'identities', 'im')).toEqual(['import']);
    expect(offered('identities', 'list', '--identifier', '')).toEqual([]);
    expect(offered('--key-file', '/etc/host')).toEqual(expect.arrayContaining(['/etc/hosts']));
    expect(offered('completion', 'z')).toEqual(['zsh']);
  });
});

describe('completion in zsh', () => {
  it('is the same by the emulation of bash', async () => {
    const { exit, stdout } = await cli(['completion', 'zsh']);
    expect(exit).toBe(0);
    expect(stdout).toContain('bashcompinit');
    expect(stdout.slice(stdout.indexOf('_latchkey()'))).toBe(script.slice(script.indexOf('_latchkey()')));
  });
});
