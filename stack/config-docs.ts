/** Writes `docs/config.md` from the configuration's schema; with `--check`, only says whether it is up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../platform/paths.js';
import { renderConfigReference } from './config-reference.js';

const file = join(projectRoot, 'docs/config.md');
const text = renderConfigReference();
const upToDate = existsSync(file) && readFileSync(file, 'utf8') === text;

if (!process.argv.includes('--check')) {
  if (!upToDate) writeFileSync(file, text);
} else if (!upToDate) {
  process.stderr.write('docs/config.md does not match schemas/config.ts; generate it again.\n');
  process.exit(1);
}
