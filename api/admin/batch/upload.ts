import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LatchkeyError } from '../../../schemas/errors.js';
import { badRequest } from '../../validation.js';

/** Whoever sends nothing for this long has gone. */
const SILENCE_MS = 60_000;

/** The body of a request as a stream of text, read no faster than it is used. */
export class Upload {
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private lines = 1;

  constructor(
    private readonly raw: IncomingMessage,
    private readonly limits: { bytes: number },
  ) {
    raw.setTimeout(SILENCE_MS, () => raw.destroy());
  }

  /** What has been read, in short: the same bytes give the same text. */
  digest(): string {
    return this.hash.copy().digest('base64url');
  }

  /** The text, piece by piece. @throws LatchkeyError for what is no UTF-8, too large, or cut short */
  async *text(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for await (const chunk of this.chunks()) {
      this.bytes += chunk.length;
      if (this.bytes > this.limits.bytes) {
        throw new LatchkeyError('body_too_large', {
          reason: `The upload is larger than ${this.limits.bytes} bytes (batches.upload_size). Split it.`,
        });
      }
      this.hash.update(chunk);
      yield this.decoded(() => decoder.decode(chunk, { stream: true }));
    }
    yield this.decoded(() => decoder.decode());
  }

  /** Reads what is left and drops it: a client that is still sending would lose its answer. */
  async drain(): Promise<void> {
    const { raw } = this;
    if (raw.readableEnded || raw.destroyed) return;
    const over = new Promise<void>((resolve) => {
      for (const event of ['end', 'close', 'error']) raw.once(event, () => resolve());
    });
    // Whoever was reading waits for more; while they do, nothing flows.
    raw.removeAllListeners('readable');
    let dropped = 0;
    raw.on('data', (chunk: Buffer) => {
      dropped += chunk.length;
      if (dropped > this.limits.bytes) raw.destroy();
    });
    raw.resume();
    await over;
  }

  private async *chunks(): AsyncGenerator<Buffer> {
    try {
      if (this.raw.readableEnded) return;
      for await (const chunk of this.raw.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
    } catch (error) {
      throw new LatchkeyError('bad_request', {
        reason: 'The upload was cut short. Nothing of it was taken.',
        cause: error,
      });
    }
    if (!this.raw.complete) throw badRequest('The upload was cut short. Nothing of it was taken.');
  }

  private decoded(decode: () => string): string {
    let text: string;
    try {
      text = decode();
    } catch {
      throw badRequest(
        `The upload is not UTF-8 text (behind line ${this.lines}). Export it again with the encoding UTF-8.`,
      );
    }
    if (text.includes('\0')) {
      throw badRequest(
        `The upload has a NUL character behind line ${this.lines}: it is UTF-16 or no text. Export it as UTF-8.`,
      );
    }
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lines += 1;
    return text;
  }
}
