import { version } from '../../platform/temporal.js';
import type { JsonObject } from '../../schemas/json.js';
import type { Call, CommandGroup } from '../command.js';
import { adminBaseUrl, adminKey, baseUrl } from '../connection.js';
import { skipped } from '../doctor/check.js';
import type { Check } from '../doctor/check.js';
import { portChecks } from '../doctor/ports.js';
import { EXIT } from '../exit.js';
import { paintFor } from '../paint.js';

const SUMMARY = 'Look whether the service is well, and tell what to do where it is not.';
const DEFAULT_PUBLIC_URL = 'http://127.0.0.1:4433';
const STYLES = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;

/** `latchkey doctor` */
export const doctor: CommandGroup = {
  name: 'doctor',
  summary: SUMMARY,
  commands: [
    {
      name: '',
      summary: SUMMARY,
      options: [
        {
          name: 'config',
          short: 'c',
          value: 'FILE',
          help: "the service's configuration: it is checked, and names the ports and Temporal",
        },
        {
          name: 'public-url',
          value: 'URL',
          help: 'the public API; otherwise LATCHKEY_PUBLIC_URL, otherwise http://127.0.0.1:4433',
        },
      ],
      details: ['Exits with 1 when a check failed. Warnings and what was not looked at do not count.'],
      examples: [
        'doctor',
        'doctor --config latchkey.yml',
        'doctor --admin-url https://admin.example.com --key-file admin.key',
      ],
      async run(call) {
        const checks = await allChecks(call);
        const failures = checks.filter(({ result }) => result === 'failed').length;
        show(call, checks, failures);
        return failures > 0 ? EXIT.failed : undefined;
      },
    },
  ],
};

async function allChecks(call: Call): Promise<Check[]> {
  const file = call.text('config');
  // Only who asks for them waits for these to load.
  const { checks, config } =
    file === undefined
      ? { checks: [skipped('Configuration', 'not looked at', 'Give --config FILE.')] }
      : (await import('../doctor/configuration.js')).checkConfiguration(file, call.io.env);
  const target = { adminUrl: call.text('admin-url'), keyFile: call.text('key-file') };
  const publicUrl = call.text('public-url') ?? call.io.env['LATCHKEY_PUBLIC_URL'];
  const [ports, attributes] = await Promise.all([
    portChecks({
      adminUrl: adminBaseUrl(target, call.io, config?.serve.admin.baseUrl),
      publicUrl: baseUrl(publicUrl || (config?.serve.public.baseUrl ?? DEFAULT_PUBLIC_URL), '--public-url'),
      key: adminKey(target, call.io, (warning) => call.print.note(warning)),
      ownVersion: version,
    }),
    config === undefined
      ? skipped('Search attributes', 'not looked at', 'Give --config FILE with a valid configuration.')
      : (await import('../doctor/search-attributes.js')).checkSearchAttributes(config.temporal),
  ]);
  return [...checks, ...ports, attributes];
}

function show(call: Call, checks: readonly Check[], failures: number): void {
  if (call.print.json) {
    call.print.done('', { ok: failures === 0, checks: checks.map((check): JsonObject => ({ ...check })) });
    return;
  }
  const paint = paintFor(call.io.stdout, call.io.env);
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, result, found, next } of checks) {
    call.print.line(`${paint(STYLES[result], result.padEnd(7))}  ${name.padEnd(width)}  ${found}`);
    if (next !== undefined) call.print.line(`${' '.repeat(7)}  ${' '.repeat(width)}  ${paint('dim', next)}`);
  }
  call.print.line('');
  call.print.line(failures === 0 ? paint('green', 'All is well.') : paint('red', `${failures} failed.`));
}
