import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigError } from '../platform/config/load.js';
import { findStack } from './demo/find-stack.js';
import { recoveryPageIn } from './demo/own-stack.js';
import { asMarkdown, asText } from './demo/pieces.js';
import type { StoryPiece } from './demo/pieces.js';
import { runDemo } from './demo/story.js';

const USAGE = `Usage: npm run demo -- [--config FILE] [--transcript FILE]

Plays a story on the running stack, with real mail: an invite, a first password, a forgotten one, a recovery. Without a
running stack, brings one up and stops it at the end.

  -c, --config FILE       the configuration of the stack, as for npm start
  -t, --transcript FILE   write the story as Markdown too
  -h, --help              print this
`;

const PREFACE = `# The story, request by request

Written by \`npm run demo -- --transcript docs/demo.md\`, which plays it on a real stack: ids, times, codes and the
address differ from run to run. Answers are shortened to what matters here.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', short: 'c' },
      transcript: { type: 'string', short: 't' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error('Stopped.')));

  const stack = await findStack({
    configFile: values.config ?? null,
    env: process.env,
    say: (line) => process.stdout.write(`${line}\n`),
    signal: stop.signal,
  });
  const pieces: StoryPiece[] = [];
  try {
    const result = await runDemo({
      ...stack,
      endsOldSessions: stack.own,
      signal: stop.signal,
      print: (piece) => {
        pieces.push(piece);
        process.stdout.write(asText(piece));
      },
    });
    if (stack.workflowsUrl !== null && !stack.own) {
      process.stdout.write(`\nIn the Temporal UI: ${recoveryPageIn(stack.workflowsUrl, result.recoveryFlowId)}\n`);
    }
  } finally {
    await stack.leave();
  }
  if (values.transcript !== undefined) {
    await writeFile(values.transcript, PREFACE + pieces.map(asMarkdown).join(''));
  }
}

try {
  await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof ConfigError ? `The configuration cannot be used.\n${text}\n` : `\n${text}\n`);
  process.exitCode = 1;
}
