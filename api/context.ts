import type pg from 'pg';
import type { Config } from '../platform/config/config.js';
import type { IdentitySchemas } from '../platform/identity-schemas.js';
import type { Keys } from '../platform/keys.js';
import type { RecoveryWorkflows } from './temporal.js';

/** What the routes work with. Built once per process in `api/main.ts`, and by tests. */
export interface ApiContext {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly keys: Keys;
  readonly identitySchemas: IdentitySchemas;
  readonly workflows: RecoveryWorkflows;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
