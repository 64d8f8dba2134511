import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port that a part of the stack is going to listen on. */
export interface PortClaim {
  /** What listens there, for the message. */
  readonly part: string;
  readonly host: string;
  readonly port: number;
  /** Configuration key that changes it. */
  readonly key: string;
  /** Environment variable that changes it. */
  readonly variable: string;
}

/** A port cannot be used. The message names the port, the key and the variable. */
export class PortError extends Error {
  override readonly name = 'PortError';
}

/**
 * Checks that every port is free and claimed once.
 * @throws PortError that lists every port with a problem and what changes it
 */
export async function checkPorts(claims: readonly PortClaim[]): Promise<void> {
  const problems: string[] = [];
  for (const [index, claim] of claims.entries()) {
    const twin = claims.slice(0, index).find((other) => other.port === claim.port && claim.port !== 0);
    if (twin !== undefined) {
      problems.push(`Port ${claim.port} is given twice, to ${twin.part} and to ${claim.part}. ${remedy(claim)}`);
      continue;
    }
    const code = await tryPort(claim.host, claim.port);
    if (code === 'EADDRINUSE') {
      problems.push(`Port ${claim.port} (${claim.part}) is taken by another program. ${remedy(claim)}`);
    } else if (code === 'EACCES') {
      problems.push(`Port ${claim.port} (${claim.part}) may not be opened by this user. ${remedy(claim)}`);
    } else if (code !== null) {
      problems.push(`Port ${claim.port} (${claim.part}) cannot be opened on ${claim.host}: ${code}. ${remedy(claim)}`);
    }
  }
  if (problems.length > 0) throw new PortError(problems.join('\n'));
}

/** A port that was free a moment ago. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** True when something listens there. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/**
 * Waits until something listens there.
 * @returns false when `giveUp` says so first, or after `timeoutMs` milliseconds
 */
export async function waitForPort(
  host: string,
  port: number,
  timeoutMs: number,
  giveUp: () => boolean = () => false,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end && !giveUp()) {
    if (await isListening(host, port)) return true;
    await delay(50);
  }
  return false;
}

/** The address to reach a listener at: one that listens on every interface is reached on loopback. */
export function reachableHost(host: string): string {
  return host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

function remedy(claim: PortClaim): string {
  return `Choose another one with the key ${claim.key} in the config file, or with the variable ${claim.variable}.`;
}

/** Null when the port can be opened, otherwise the system's error code. */
function tryPort(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, exclusive: true, ...(host === '' ? {} : { host }) }, () => server.close(() => resolve(null)));
  });
}
