export { batch } from './batch.js';
export { invite } from './invite.js';
export { notice } from './notice.js';
export { recovery } from './recovery.js';
export { verification } from './verification.js';
