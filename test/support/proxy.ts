import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP proxy in front of one server, to take that server away and give it back. */
export interface Proxy {
  /** `host:port` for clients. */
  readonly address: string;
  /** Breaks every connection and refuses new ones: the server is down. */
  refuse(): Promise<void>;
  /** Breaks every connection once; new ones are taken. `reset` breaks them with RST instead of FIN. */
  cut(options?: { reset?: boolean }): void;
  /** Keeps every connection, takes new ones, and lets nothing through: the network swallows it all. */
  stall(): void;
  /** The server is back. What a stall held up goes on its way. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a proxy in front of `target`, a `host:port`. */
export async function startProxy(target: string): Promise<Proxy> {
  const [host = '', targetPort = ''] = target.split(':');
  const pairs = new Set<Pair>();
  let stalled = false;

  const server = createServer({ pauseOnConnect: true }, (client) => {
    const pair = new Pair(
      client,
      () => connect({ host, port: Number(targetPort) }),
      () => pairs.delete(pair),
    );
    pairs.add(pair);
    if (!stalled) pair.flow();
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const cut = ({ reset = false } = {}): void => {
    for (const pair of [...pairs]) pair.break(reset);
  };
  const close = async (): Promise<void> => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    cut();
    await closed;
  };
  return {
    address: `127.0.0.1:${port}`,
    refuse: close,
    cut,
    stall() {
      stalled = true;
      for (const pair of pairs) pair.hold();
    },
    async resume() {
      stalled = false;
      for (const pair of pairs) pair.flow();
      if (!server.listening) await listen(port);
    },
    stop: close,
  };
}

/** A client's connection and the one to the server that belongs to it, made when something first flows. */
class Pair {
  private server: Socket | undefined;
  private flowing = false;

  constructor(
    private readonly client: Socket,
    private readonly open: () => Socket,
    private readonly gone: () => void,
  ) {
    this.watch(client);
  }

  flow(): void {
    if (this.flowing) return;
    this.flowing = true;
    if (!this.server) this.watch((this.server = this.open()));
    this.client.pipe(this.server);
    this.server.pipe(this.client);
  }

  hold(): void {
    this.flowing = false;
    this.client.unpipe();
    this.client.pause();
    this.server?.unpipe();
    this.server?.pause();
  }

  break(reset: boolean): void {
    if (reset) this.client.resetAndDestroy();
    else this.client.destroy();
    this.server?.destroy();
    this.gone();
  }

  private watch(socket: Socket): void {
    // Broken connections are what this is for.
    socket.on('error', () => undefined);
    socket.on('close', () => this.break(false));
  }
}
