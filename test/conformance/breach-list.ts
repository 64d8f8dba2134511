import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A list of breached passwords that speaks the range API of Pwned Passwords. */
export interface BreachList {
  url: string;
  close(): Promise<void>;
}

/** Starts one that knows these passwords, and how often each was seen. */
export async function startBreachList(known: Record<string, number>): Promise<BreachList> {
  const digests = Object.entries(known).map(([password, count]) => {
    return { digest: createHash('sha1').update(password).digest('hex').toUpperCase(), count };
  });
  const server = createServer((request, response) => {
    const prefix = /^\/range\/([0-9A-F]{5})$/.exec(request.url ?? '')?.[1];
    const lines = digests.filter(({ digest }) => digest.slice(0, 5) === prefix);
    response.end(lines.map(({ digest, count }) => `${digest.slice(5)}:${count}`).join('\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
