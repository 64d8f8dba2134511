import { connect } from 'node:net';

/** What came back, as far as it is HTTP. */
export interface RawAnswer {
  status: number;
  head: string;
  /** Parsed JSON, or undefined. */
  json: any;
  text: string;
}

/** Sends a request's bytes as they are, which no HTTP client would, and reads until the server hangs up. */
export async function sendRaw(url: string, request: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => resolve());
    // A server that refuses early may reset the rest of a large request.
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? reject(error) : resolve()));
    socket.write(request);
  });
  const answer = Buffer.concat(chunks).toString();
  const [head = '', text = ''] = answer.split(/\r\n\r\n(.*)/s);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), head, json, text };
}
