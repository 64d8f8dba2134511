import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';

/** A request as it arrived. */
export interface SunkRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Parsed, or undefined when it is not JSON. */
  json: any;
}

/** A server that takes whatever is sent to it and keeps it, as a provider of text messages or a receiver of web hooks. */
export interface HttpSink {
  readonly url: string;
  /** Everything that arrived, in order. */
  readonly requests: SunkRequest[];
  /** What to answer; null goes back to 200. `stall` never answers. */
  answerWith(status: ((request: SunkRequest) => number | 'stall') | null): void;
  /** Waits until at least `count` requests fit. */
  waitFor(fits: (request: SunkRequest) => boolean, count?: number): Promise<SunkRequest[]>;
  stop(): Promise<void>;
}

/** Starts a sink on a free port of this machine. */
export async function startHttpSink(): Promise<HttpSink> {
  const requests: SunkRequest[] = [];
  let answer: ((request: SunkRequest) => number | 'stall') | null = null;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const sunk: SunkRequest = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: parsed(body),
      };
      requests.push(sunk);
      const status = answer?.(sunk) ?? 200;
      if (status !== 'stall') response.writeHead(status).end('taken, or not');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith: (next) => void (answer = next),
    async waitFor(fits, count = 1) {
      await expect.poll(() => requests.filter(fits).length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count);
      return requests.filter(fits);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
