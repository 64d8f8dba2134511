import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../platform/config/config.js';
import { loadConfig } from '../../platform/config/load.js';
import { portClaims, planStack } from '../../stack/plan.js';
import { checkPorts, freePort, isListening, PortError, reachableHost, waitForPort } from '../../stack/ports.js';
import type { PortClaim } from '../../stack/ports.js';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function occupy(host = '127.0.0.1', port = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function claim(port: number, name: string): PortClaim {
  return { part: `the ${name}`, host: '127.0.0.1', port, key: `stack.${name}_port`, variable: `STACK_${name}` };
}

function configOf(env: Record<string, string>): Config {
  return loadConfig({ env, allowMissingSecrets: true }).config;
}

describe('checking ports before a start', () => {
  it('lets free ports pass, and 0 as often as it is wanted', async () => {
    await expect(
      checkPorts([claim(await freePort(), 'smtp'), claim(0, 'inbox'), claim(0, 'ui')]),
    ).resolves.toBeUndefined();
  });

  it('names every taken port with the key and the variable that change it', async () => {
    const [first, second] = [await occupy(), await occupy()];
    const error = await checkPorts([claim(first, 'smtp'), claim(await freePort(), 'ui'), claim(second, 'inbox')]).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(PortError);
    const [one, two, ...more] = (error as Error).message.split('\n');
    for (const part of [String(first), 'the smtp', 'stack.smtp_port', 'STACK_smtp']) expect(one).toContain(part);
    for (const part of [String(second), 'the inbox', 'stack.inbox_port', 'STACK_inbox']) expect(two).toContain(part);
    expect(more).toEqual([]);
  });

  it('sees a port that is taken on all interfaces', async () => {
    const port = await occupy('0.0.0.0');
    await expect(checkPorts([claim(port, 'smtp')])).rejects.toThrow(`Port ${port}`);
  });

  it('refuses one port for two parts', async () => {
    const port = await freePort();
    await expect(checkPorts([claim(port, 'smtp'), claim(port, 'inbox')])).rejects.toThrow(
      `Port ${port} is given twice, to the smtp and to the inbox.`,
    );
  });
});

describe('what a stack brings along', () => {
  it('is everything by default, each port with its own key', () => {
    const config = configOf({});
    const plan = planStack(config, null, {});
    expect(plan).toEqual({ postgres: true, temporal: true, mailCatcher: true });
    expect(portClaims(config, plan).map(({ port, key }) => `${port} ${key}`)).toEqual([
      '4433 serve.public.port',
      '4434 serve.admin.port',
      '5433 stack.postgres_port',
      '7233 stack.temporal_port',
      '8233 stack.temporal_ui_port',
      '1025 stack.smtp_port',
      '8025 stack.inbox_port',
    ]);
  });

  it('can be changed by the variable that each claim names', () => {
    const defaults = configOf({});
    const claims = portClaims(defaults, planStack(defaults, null, {}));
    const env = Object.fromEntries(claims.map(({ variable }, index) => [variable, String(20_000 + index)]));
    const changed = configOf(env);
    expect(portClaims(changed, planStack(changed, null, env)).map(({ port }) => port)).toEqual(
      claims.map((_, index) => 20_000 + index),
    );
  });

  it('leaves out what the configuration names a server for', () => {
    const env = {
      DSN: 'postgres://user:word@db.example.org:5432/latchkey',
      TEMPORAL_ADDRESS: '127.0.0.1:7233',
      COURIER_SMTP_CONNECTION_URI: 'smtp://mail.example.org:587/',
    };
    const config = configOf(env);
    const plan = planStack(config, null, env);
    expect(plan).toEqual({ postgres: false, temporal: false, mailCatcher: false });
    expect(portClaims(config, plan).map(({ key }) => key)).toEqual(['serve.public.port', 'serve.admin.port']);
  });
});

describe('waiting for a port', () => {
  it('ends when something listens', async () => {
    const port = await freePort();
    expect(await isListening('127.0.0.1', port)).toBe(false);
    const waiting = waitForPort('127.0.0.1', port, 5_000);
    await occupy('127.0.0.1', port);
    expect(await waiting).toBe(true);
  });

  it('gives up in time, or when it is told to', async () => {
    const port = await freePort();
    expect(await waitForPort('127.0.0.1', port, 60)).toBe(false);
    expect(await waitForPort('127.0.0.1', port, 60_000, () => true)).toBe(false);
  });
});

it('reaches a server on all interfaces on loopback', () => {
  expect(['0.0.0.0', '::', '', '192.0.2.1', 'localhost'].map(reachableHost)).toEqual([
    '127.0.0.1',
    '127.0.0.1',
    '127.0.0.1',
    '192.0.2.1',
    'localhost',
  ]);
});
