import type { Config } from '../../platform/config/config.js';
import { ConfigError, loadConfig } from '../../platform/config/load.js';
import type { Io } from '../io.js';
import { failed, ok, warning } from './check.js';
import type { Check } from './check.js';

const NAME = 'Configuration';

/** Looks at a configuration file, with the environment laid over it as the service does. */
export function checkConfiguration(file: string, env: Io['env']): { checks: Check[]; config?: Config } {
  let loaded: ReturnType<typeof loadConfig>;
  try {
    // Secrets often come from the environment of the service, which is not this one.
    loaded = loadConfig({ file, env, allowMissingSecrets: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const next = 'Put these right; docs/config.md describes every key.';
    return { checks: error.problems.map(({ key, text }) => failed(NAME, key === '' ? text : `${key}: ${text}`, next)) };
  }
  const { config, ignored } = loaded;
  const missing = [
    ...(config.secrets.default.length === 0 ? ['secrets.default'] : []),
    ...(config.dsn === null ? ['dsn'] : []),
    ...(config.courier.smtp.connectionUri === null ? ['courier.smtp.connection_uri'] : []),
  ];
  return {
    config,
    checks: [
      ok(NAME, `${file} is valid`),
      ...(missing.length === 0
        ? []
        : [
            warning(
              NAME,
              `neither the file nor this environment has ${missing.join(', ')}`,
              'The service needs them, unless npm start brings its own; see that its own environment has them.',
            ),
          ]),
      ...(ignored.length === 0
        ? []
        : [
            warning(
              NAME,
              `keys that only Kratos knows: ${ignored.join(', ')}`,
              'They have no effect here; docs/config.md lists them.',
            ),
          ]),
    ],
  };
}
