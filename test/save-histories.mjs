// `npm run save-histories -- v0.2.0`, after `npm test`: keeps one history of each kind that the suite made under
// test/histories/v0.2.0. Run it with each release: later workflow code is replayed against what is saved here, because
// recoveries that began before an upgrade go on after it.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [release] = process.argv.slice(2);
if (!/^v\d+\.\d+\.\d+$/.test(release ?? '')) {
  console.error('Usage: npm run save-histories -- v0.2.0 (after npm test)');
  process.exit(1);
}
const from = join(process.env.LATCHKEY_TEST_LEFTOVERS ?? join(import.meta.dirname, '.leftovers'), 'histories');
const to = join(import.meta.dirname, 'histories', release);
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });

const kinds = new Map();
for (const file of readdirSync(from).sort()) {
  const { events } = JSON.parse(readFileSync(join(from, file), 'utf8'));
  const type = events[0].workflowExecutionStartedEventAttributes.workflowType.name;
  // Long ones are repetitions of what the short ones have.
  if (events.length > 60) continue;
  const shape = events.map((event) => event.eventType).join();
  if (!kinds.has(`${type} ${shape}`)) kinds.set(`${type} ${shape}`, file);
}
let number = 0;
for (const [kind, file] of kinds) {
  number += 1;
  // Which machine ran it is nobody's business.
  const text = readFileSync(join(from, file), 'utf8').replace(/"identity":\s*"[^"]*"/g, '"identity":"worker"');
  writeFileSync(join(to, `${kind.split(' ')[0]}-${String(number).padStart(2, '0')}.json`), text);
}
console.log(`${kinds.size} histories saved under test/histories/${release}`);
