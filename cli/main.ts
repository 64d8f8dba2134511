#!/usr/bin/env node
import { runCli } from './run.js';

// Whoever reads the answer may have had enough of it, as in `latchkey identities list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// The process ends when all is written: process.exit would cut off what still is in a pipe.
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
