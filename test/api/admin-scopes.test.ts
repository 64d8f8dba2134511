import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { neededScope } from '../../api/admin-scopes.js';
import { createAdminServer } from '../../api/server.js';
import type { Harness } from '../support/harness.js';
import { startHarness } from '../support/harness.js';
import { testLogger } from '../support/logger.js';

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ workers: false })));
afterAll(() => harness.stop());

/**
 * Method and path of the routes of the admin port, read from the tree that Fastify prints; not those with a wildcard,
 * which lead to the other port.
 */
async function adminRoutes(): Promise<[string, string][]> {
  const app = await createAdminServer(harness.context, testLogger());
  await app.ready();
  const tree = app.printRoutes({ commonPrefix: false });
  await app.close();
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', name = '', methods = ''] =
      /^((?:│ {3}|├── |└── | {4})*)(\S*)(?: \((.*)\))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    parents.splice(depth - 1);
    parents.push(name);
    const path = parents.join('');
    return methods === '' || name === '*' ? [] : methods.split(', ').map((method): [string, string] => [method, path]);
  });
}

describe('the scopes of routes', () => {
  it('name something for every route of the admin port', async () => {
    const routes = await adminRoutes();
    expect(routes).toContainEqual(['POST', '/admin/machines/:id/keys/:key/rotate']);
    expect(routes).toContainEqual(['GET', '/identities/:id']);
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.filter(([method, path]) => neededScope(method, path, {}) === '*')).toEqual([]);
  });

  it.each([
    ['GET', '/admin/identities', 'identities:read'],
    ['HEAD', '/identities/:id', 'identities:read'],
    ['PATCH', '/admin/identities', 'identities:write'],
    ['DELETE', '/identities/:id/credentials/:type', 'identities:write'],
    ['GET', '/admin/identities/:id/sessions', 'sessions:read'],
    ['DELETE', '/identities/:id/sessions', 'sessions:write'],
    ['PATCH', '/admin/sessions/:id/extend', 'sessions:write'],
    ['POST', '/admin/recovery/code', 'recovery:write'],
    ['GET', '/admin/courier/messages', 'messages:read'],
    ['GET', '/machines', 'machines:write'],
    ['GET', '/admin/version', null],
    ['POST', '/self-service/*', null],
    ['GET', '/schemas/*', null],
    // Not in the table: closed to all but those who may do everything.
    ['GET', '/admin/something/new', '*'],
    ['POST', '/identitiesx', '*'],
  ])('%s %s is %s', (method, route, scope) => {
    expect(neededScope(method, route, {})).toBe(scope);
  });
});
