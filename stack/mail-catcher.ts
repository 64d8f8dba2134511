import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerSession } from 'smtp-server';
import { inboxHandler } from './mail-inbox.js';
import { openMailStore } from './mail-store.js';
import type { CaughtMail } from './mail-store.js';

export type { CaughtMail } from './mail-store.js';

/** What the catcher is asked to decide: one SMTP command of one mail. */
export interface MailStage {
  readonly stage: 'mail' | 'rcpt' | 'data';
  /** Envelope sender. */
  readonly from: string;
  /** `rcpt`: the one recipient named; `data`: all that were taken. */
  readonly to: readonly string[];
}

/**
 * What a test may make the catcher do:
 * - `accept`;
 * - a reply with its code, 4xx or 5xx;
 * - `drop`: cut the connection, the mail is lost;
 * - `keep-then-drop` (at `data`): keep the mail, then cut the connection before the sender hears of it;
 * - `stall`: never answer.
 */
export type MailReaction =
  'accept' | 'drop' | 'keep-then-drop' | 'stall' | { readonly code: number; readonly text: string };

/** Decides about each stage of each mail. */
export type MailBehaviour = (stage: MailStage) => MailReaction | Promise<MailReaction>;

export interface MailCatcherOptions {
  /** 0 picks a free port. */
  readonly smtpPort: number;
  /** Port of the web inbox; 0 picks a free one, absent or null means no inbox. */
  readonly httpPort?: number | null;
  /** Folder for the mails; absent or null keeps them in memory only. */
  readonly dir?: string | null;
  /** Address to listen on; 127.0.0.1 unless given. */
  readonly host?: string;
}

export interface MailCatcher {
  readonly smtpPort: number;
  readonly httpPort: number | null;
  /** All mails kept, oldest first. */
  messages(): readonly CaughtMail[];
  /**
   * The first mail, kept already or still to come, that the predicate accepts.
   * @throws Error after `timeoutMs` milliseconds, and when the catcher is stopped meanwhile
   */
  waitFor(predicate: (mail: CaughtMail) => boolean, timeoutMs: number): Promise<CaughtMail>;
  /** Deletes all mails. */
  clear(): Promise<void>;
  /** Null goes back to taking everything. */
  setBehaviour(behaviour: MailBehaviour | null): void;
  stop(): Promise<void>;
}

const LARGEST_MAIL_BYTES = 10 * 1024 * 1024;

/**
 * Starts an SMTP server that takes any mail without authentication or TLS and delivers none of it, for development
 * and tests, with a small web inbox beside it.
 * @throws Error when a port is taken
 */
export async function startMailCatcher(options: MailCatcherOptions): Promise<MailCatcher> {
  const host = options.host ?? '127.0.0.1';
  const store = await openMailStore(options.dir ?? null);
  const waiting = new Set<(mail: CaughtMail | Error) => void>();
  let behaviour: MailBehaviour | null = null;

  const react = async (stage: MailStage): Promise<MailReaction> => (behaviour === null ? 'accept' : behaviour(stage));
  const keep = async (session: SMTPServerSession, raw: Buffer): Promise<CaughtMail> => {
    const mail = await store.add({ ...envelopeOf(session), receivedAt: new Date().toISOString() }, raw);
    for (const wake of [...waiting]) wake(mail);
    return mail;
  };

  const smtp = new SMTPServer({
    name: 'localhost',
    banner: 'Latchkey mail catcher',
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: LARGEST_MAIL_BYTES,
    closeTimeout: 500,
    logger: false,
    onMailFrom: (address, session, callback) => {
      answer({ stage: 'mail', from: address.address, to: [] }, session, callback);
    },
    onRcptTo: (address, session, callback) => {
      answer({ stage: 'rcpt', from: envelopeOf(session).from, to: [address.address] }, session, callback);
    },
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        if (stream.sizeExceeded) {
          callback(reply(552, 'This mail is larger than the catcher takes'));
          return;
        }
        answer({ stage: 'data', ...envelopeOf(session) }, session, callback, raw);
      });
    },
  });
  // Clients that vanish mid-mail are ordinary here.
  smtp.on('error', () => undefined);

  function answer(
    stage: MailStage,
    session: SMTPServerSession,
    callback: (error?: Error | null, message?: string) => void,
    raw?: Buffer,
  ): void {
    const decide = async (): Promise<void> => {
      const reaction = await react(stage);
      if (reaction === 'stall') return;
      if (reaction === 'drop' || reaction === 'keep-then-drop') {
        if (reaction === 'keep-then-drop' && raw !== undefined) await keep(session, raw);
        for (const connection of smtp.connections) if (connection.id === session.id) connection._socket.destroy();
        return;
      }
      if (reaction !== 'accept') {
        callback(reply(reaction.code, reaction.text));
        return;
      }
      if (raw === undefined) callback();
      else callback(null, `kept as ${(await keep(session, raw)).id}`);
    };
    decide().catch((error: unknown) => {
      callback(reply(451, error instanceof Error ? error.message : 'The catcher failed'));
    });
  }

  smtp.listen(options.smtpPort, host);
  await once(smtp.server, 'listening');

  const inbox =
    options.httpPort === undefined || options.httpPort === null ? null : createServer(inboxHandler(store, host));
  try {
    if (inbox !== null) {
      inbox.listen(options.httpPort ?? 0, host);
      await once(inbox, 'listening');
    }
  } catch (error) {
    await new Promise<void>((resolve) => smtp.close(resolve));
    throw error;
  }

  return {
    smtpPort: (smtp.server.address() as AddressInfo).port,
    httpPort: inbox === null ? null : (inbox.address() as AddressInfo).port,
    messages: () => store.list(),
    waitFor: (predicate, timeoutMs) => waitForMail(store.list(), waiting, predicate, timeoutMs),
    clear: () => store.clear(),
    setBehaviour: (next) => {
      behaviour = next;
    },
    async stop() {
      for (const wake of [...waiting]) wake(new Error('The mail catcher was stopped'));
      inbox?.closeAllConnections();
      await Promise.all([
        new Promise<void>((resolve) => smtp.close(resolve)),
        inbox === null ? undefined : new Promise((resolve) => inbox.close(resolve)),
      ]);
    },
  };
}

function envelopeOf(session: SMTPServerSession): { from: string; to: string[] } {
  const { mailFrom, rcptTo } = session.envelope;
  return { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map((entry) => entry.address) };
}

function reply(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

function waitForMail(
  kept: readonly CaughtMail[],
  waiting: Set<(mail: CaughtMail | Error) => void>,
  predicate: (mail: CaughtMail) => boolean,
  timeoutMs: number,
): Promise<CaughtMail> {
  const found = kept.find(predicate);
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve, reject) => {
    const settle = (outcome: CaughtMail | Error): void => {
      if (!(outcome instanceof Error) && !predicate(outcome)) return;
      clearTimeout(timer);
      waiting.delete(settle);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const timer = setTimeout(() => {
      settle(new Error(`No such mail within ${timeoutMs} ms; ${kept.length} other mails were caught`));
    }, timeoutMs);
    waiting.add(settle);
  });
}
