import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { enginePath } from './engine-path.js';
import { freePort, waitForPort } from './ports.js';
import { describeExit, startProcess } from './process.js';
import type { RunningProcess } from './process.js';

export interface TemporalServerOptions {
  /** 0 or null picks a free one. */
  readonly port: number | null;
  /** Port of Temporal's web pages; null runs without them. */
  readonly uiPort: number | null;
  /** SQLite file that keeps everything; null keeps it in memory. */
  readonly dbFile: string | null;
  readonly namespace: string;
  /** Level of the server's own log; `warn` unless given. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  readonly onLine?: (line: string) => void;
}

export interface TemporalServer {
  /** `host:port` for clients and workers. */
  readonly address: string;
  readonly uiPort: number | null;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts Temporal's development server and returns once its namespace answers.
 *
 * SQLite writes ahead (WAL), which makes the file about three times as fast. The limit on list and count calls,
 * ten a second by default, is lifted: one person's machine needs no protection from its own worker.
 * @throws Error with the server's last lines when it does not come up
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const port = options.port || (await freePort());
  if (options.dbFile !== null) await mkdir(dirname(options.dbFile), { recursive: true, mode: 0o700 });
  const lastLines: string[] = [];
  const server = startProcess({
    name: 'temporal',
    command: enginePath('temporal'),
    args: serverArguments(options, port),
    onLine: (line) => {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      options.onLine?.(line);
    },
  });
  const address = `${HOST}:${port}`;
  try {
    // A gRPC client that is refused once waits a full second, so the bare port is asked first.
    const listening = await waitForPort(HOST, port, START_TIMEOUT_MS, () => server.exit() !== null);
    if (!listening) throw new Error(`nothing listens on port ${port}`);
    await waitForNamespace(address, options.namespace, server);
  } catch (error) {
    await server.stop(STOP_TIMEOUT_MS);
    const exit = server.exit();
    const reason = exit?.signal === null ? describeExit(exit) : String(error instanceof Error ? error.message : error);
    throw new Error(`The Temporal server did not start: ${reason}.\n${lastLines.join('\n')}`, { cause: error });
  }
  return { address, uiPort: options.uiPort, process: server, stop: () => server.stop(STOP_TIMEOUT_MS) };
}

function serverArguments(options: TemporalServerOptions, port: number): string[] {
  const args = ['server', 'start-dev', '--ip', HOST, '--port', String(port), '--namespace', options.namespace];
  args.push('--log-level', options.logLevel ?? 'warn', '--log-format', 'text');
  if (options.uiPort === null) args.push('--headless');
  else args.push('--ui-port', String(options.uiPort));
  if (options.dbFile !== null) {
    args.push('--db-filename', options.dbFile);
    args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL');
  }
  for (const key of ['frontend.namespaceRPS.visibility', 'frontend.globalNamespaceRPS.visibility']) {
    args.push('--dynamic-config-value', `${key}=1000`);
  }
  return args;
}

/** The port opens before the namespace is registered. */
async function waitForNamespace(address: string, namespace: string, server: RunningProcess): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  const connection = Connection.lazy({ address });
  try {
    for (;;) {
      try {
        await connection.withDeadline(Date.now() + 5_000, () =>
          connection.workflowService.describeNamespace({ namespace }),
        );
        return;
      } catch (error) {
        if (Date.now() > end || server.exit() !== null) throw error;
        await delay(50);
      }
    }
  } finally {
    await connection.close();
  }
}
