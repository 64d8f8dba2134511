export { batch } from './batch.js';
export { invite } from './invite.js';
export { machineKey } from './machine-key.js';
export { notice } from './notice.js';
export { recovery } from './recovery.js';
export { settingsHooks } from './settings-hooks.js';
export { verification } from './verification.js';
