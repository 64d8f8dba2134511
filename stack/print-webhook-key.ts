import { configFromProcess } from '../platform/config/cli.js';
import { webHookKeys } from '../platform/web-hook-signature.js';

// `npm run webhook-key -- --config FILE`: the keys that receivers of web hooks check signatures with.
const { config } = configFromProcess(process.argv.slice(2), process.env);
process.stdout.write(`${webHookKeys(config.secrets).join('\n')}\n`);
