import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { knownEnvironmentNames, loadConfig } from '../platform/config/load.js';
import { projectRoot } from '../platform/paths.js';
import { makeAdminKey } from '../stack/admin-key.js';

interface Service {
  image?: string;
  build?: { context: string; target: string };
  environment?: Record<string, string>;
  ports?: string[];
}

const read = (name: string): string => readFileSync(join(projectRoot, name), 'utf8');
const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const OURS = ['api', 'worker', 'migrate'] as const;

/** What a person puts into `.env`: every variable that the file insists on. */
const given: Record<string, string> = {
  POSTGRES_PASSWORD: 'c0ffee',
  SECRETS_DEFAULT: 'a-secret-of-some-length',
  ADMIN_API_KEYS: `admin:${makeAdminKey().sha256}`,
};

/** Compose's `${NAME:-default}` and `${NAME:?message}`. */
function interpolate(text: string): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, word = '') => {
    const value = given[name] ?? '';
    if (value === '' && kind === '?') throw new Error(`${name} is not given: ${word}`);
    return value === '' ? word : value;
  });
}

function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(services[name]?.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, interpolate(String(value))]));
}

describe('docker-compose.yml', () => {
  it.each(OURS)('gives %s only variables that the configuration knows', (name) => {
    const names = Object.keys(services[name]?.environment ?? {});
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((variable) => !knownEnvironmentNames().includes(variable))).toEqual([]);
  });

  it.each(OURS)('gives %s a configuration that loads', (name) => {
    const { config } = loadConfig({
      file: join(projectRoot, 'docs/latchkey.example.yml'),
      env: environmentOf(name),
      needs: ['dsn', 'courier.smtp.connection_uri'],
    });
    expect(config.dsn).toBe('postgres://latchkey:c0ffee@postgres:5432/latchkey');
    expect(config.temporal.address).toBe('temporal:7233');
    expect(config.adminApi.keys).toHaveLength(1);
    expect(config.dev).toBe(false);
  });

  it('holds no secret, and does not start without one', () => {
    const insistedOn = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map((match) => match[1]);
    const offered = [...read('.env.example').matchAll(/^(\w+)=(.*)$/gm)];
    expect(new Set(insistedOn)).toEqual(new Set(Object.keys(given)));
    expect(offered.map((match) => match[1])).toEqual(Object.keys(given));
    expect(offered.map((match) => match[2])).toEqual(['', '', '']);
  });

  it('publishes ports on this machine only', () => {
    const published = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(published.length).toBeGreaterThan(0);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('names one version of every image, and a target of the Dockerfile for each process', () => {
    const images = Object.values(services).flatMap((service) => service.image ?? []);
    expect(images.filter((image) => !/:v?\d+(\.|-)/.test(image))).toEqual([]);
    const targets = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\w+)$/gm)].map((match) => match[1]);
    for (const name of OURS) expect(targets).toContain(services[name]?.build?.target);
  });
});
