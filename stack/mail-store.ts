import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';

/** One mail as the catcher keeps it. */
export interface CaughtMail {
  /** Sorts by arrival. */
  readonly id: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  /** Sender of the SMTP envelope. */
  readonly from: string;
  /** Recipients of the SMTP envelope. */
  readonly to: readonly string[];
  /** Header fields by lower-case name, unfolded; a field that occurs twice is joined by a line feed. */
  readonly headers: Readonly<Record<string, string>>;
  /** With its angle brackets, or empty. */
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
}

/** The envelope that a mail came in. */
export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  readonly receivedAt: string;
}

/** How many mails are kept; beyond it the oldest goes. */
export const MAILS_KEPT = 500;

/** The mails of one catcher: in memory, and as one `.eml` file each when there is a folder. */
export interface MailStore {
  /** Oldest first. */
  list(): readonly CaughtMail[];
  find(id: string): CaughtMail | undefined;
  /** Keeps a mail; it is on disk when this returns. */
  add(envelope: Envelope, raw: Buffer): Promise<CaughtMail>;
  clear(): Promise<void>;
}

/** Opens the store and reads the mails that an earlier run left in `dir`. Null keeps everything in memory only. */
export async function openMailStore(dir: string | null): Promise<MailStore> {
  const mails: CaughtMail[] = dir === null ? [] : await readFolder(dir);
  let lastId = '';

  const forget = async (mail: CaughtMail): Promise<void> => {
    if (dir !== null) await rm(fileOf(dir, mail.id), { force: true });
  };

  return {
    list: () => mails,
    find: (id) => mails.find((mail) => mail.id === id),
    async add(envelope, raw) {
      const id = nextId(lastId);
      lastId = id;
      const mail = await parse(id, envelope, raw);
      if (dir !== null)
        await writeFile(fileOf(dir, id), Buffer.concat([envelopeLines(envelope), raw]), { mode: 0o600 });
      mails.push(mail);
      while (mails.length > MAILS_KEPT) await forget(mails.shift() as CaughtMail);
      return mail;
    },
    async clear() {
      await Promise.all(mails.splice(0).map(forget));
    },
  };
}

function fileOf(dir: string, id: string): string {
  return join(dir, `${id}.eml`);
}

/** Milliseconds and a tail, so that names sort by arrival even within one millisecond. */
function nextId(last: string): string {
  const now = Date.now().toString().padStart(14, '0');
  const [time = '', count = '0'] = last.split('-');
  const counter = time === now ? Number.parseInt(count, 10) + 1 : 0;
  return `${now}-${counter.toString().padStart(3, '0')}-${randomBytes(3).toString('hex')}`;
}

async function parse(id: string, envelope: Envelope, raw: Buffer): Promise<CaughtMail> {
  const parsed = await simpleParser(raw, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  });
  const headers: Record<string, string> = {};
  for (const { key, line } of parsed.headerLines) {
    const value = line
      .slice(line.indexOf(':') + 1)
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim();
    headers[key] = key in headers ? `${headers[key]}\n${value}` : value;
  }
  return {
    id,
    receivedAt: envelope.receivedAt,
    from: envelope.from,
    to: envelope.to,
    headers,
    messageId: parsed.messageId ?? '',
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: parsed.html === false || parsed.html === undefined ? null : parsed.html,
  };
}

/** The envelope rides in three header lines ahead of the mail, as mail servers do it with `Return-Path`. */
function envelopeLines({ from, to, receivedAt }: Envelope): Buffer {
  return Buffer.from(`Return-Path: <${from}>\r\nX-Envelope-To: ${to.join(', ')}\r\nX-Received-At: ${receivedAt}\r\n`);
}

async function readFolder(dir: string): Promise<CaughtMail[]> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const names = (await readdir(dir)).filter((name) => name.endsWith('.eml')).sort();
  const mails: CaughtMail[] = [];
  for (const name of names.slice(-MAILS_KEPT)) {
    const content = await readFile(join(dir, name));
    const head = /^Return-Path: <(.*)>\r\nX-Envelope-To: (.*)\r\nX-Received-At: (.*)\r\n/.exec(
      content.toString('utf8'),
    );
    if (head === null) continue;
    const [lines, from = '', to = '', receivedAt = ''] = head;
    const raw = content.subarray(Buffer.byteLength(lines));
    mails.push(
      await parse(name.slice(0, -'.eml'.length), { from, to: to.split(', ').filter(Boolean), receivedAt }, raw),
    );
  }
  return mails;
}
