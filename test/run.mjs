// Runs the two halves of the tests, one after the other, and prints their sum as the last line.
// `npm test -- FILTER` runs the files of the first half whose path contains FILTER, and not the second half.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.LATCHKEY_TEST_LEFTOVERS ??= join(import.meta.dirname, '.leftovers');
const filters = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-run-'));
const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');

function run(project, extra) {
  const report = join(folder, `${project}.json`);
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile=${report}`, ...extra],
    { stdio: 'inherit', cwd: join(import.meta.dirname, '..') },
  );
  try {
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numFailedTestSuites: suites,
    } = JSON.parse(readFileSync(report, 'utf8'));
    // A file that cannot be loaded has no tests that could fail: it counts as one.
    return { passed, failed: status !== 0 && failed === 0 ? Math.max(1, suites) : failed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const results = [run('suite', filters)];
if (filters.length === 0) results.push(run('leftovers', []));
rmSync(folder, { recursive: true });

const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
