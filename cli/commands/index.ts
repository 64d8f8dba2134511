import type { CommandGroup } from '../command.js';
import { completion } from './completion.js';
import { doctor } from './doctor.js';
import { identities } from './identities.js';
import { keys } from './keys.js';
import { machines } from './machines.js';
import { messages } from './messages.js';
import { recover } from './recover.js';
import { sessions } from './sessions.js';

/** All commands, in the order of the help text. */
export const COMMANDS: readonly CommandGroup[] = [
  identities,
  recover,
  sessions,
  messages,
  machines,
  keys,
  doctor,
  completion,
];
