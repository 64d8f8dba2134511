import type { JsonObject, JsonValue } from '../schemas/json.js';
import type { CliError } from './exit.js';
import type { Io } from './io.js';
import { paintFor } from './paint.js';
import { progressBar } from './progress.js';
import type { Progress } from './progress.js';

/** A column of a table, or a line of a record: its heading and its text. */
export type Column<Item> = readonly [heading: string, text: (item: Item) => string];

/**
 * Answers of commands: JSON, with the API's own names, or text for people. Standard output has the answer and nothing
 * else; the rest goes to standard error.
 */
export class Printer {
  private readonly paint: ReturnType<typeof paintFor>;

  constructor(
    private readonly io: Io,
    /** True: JSON. */
    readonly json: boolean,
  ) {
    this.paint = paintFor(io.stdout, io.env);
  }

  /** A list. `empty` is what people read when there is nothing in it. */
  list<Item extends JsonObject>(items: readonly Item[], columns: readonly Column<Item>[], empty: string): void {
    if (this.json) return this.answer(items as readonly JsonValue[] as JsonValue[]);
    if (items.length === 0) return this.line(empty);
    const rows = items.map((item) => columns.map(([, text]) => text(item)));
    const widths = columns.map(([heading], at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
    const padded = (cells: readonly string[]): string =>
      cells
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd();
    this.line(this.paint('bold', padded(columns.map(([heading]) => heading))));
    for (const row of rows) this.line(padded(row));
  }

  /** One thing. */
  record<Item extends JsonObject>(item: Item, lines: readonly Column<Item>[]): void {
    if (this.json) return this.answer(item);
    const width = Math.max(...lines.map(([heading]) => heading.length));
    for (const [heading, text] of lines) this.line(`${this.paint('bold', heading.padEnd(width))}  ${text(item)}`);
  }

  /** What was done: a sentence for people, or `value`. */
  done(sentence: string, value: JsonObject): void {
    if (this.json) this.answer(value);
    else this.line(sentence);
  }

  /** A remark beside the answer. */
  note(text: string): void {
    this.io.stderr.write(this.json ? `${JSON.stringify({ note: text })}\n` : `${text}\n`);
  }

  /** What went wrong, and what to do. */
  error(error: CliError): void {
    const { message, exit, next } = error;
    if (this.json) {
      this.io.stderr.write(`${JSON.stringify({ error: { message, exit, ...(next !== undefined && { next }) } })}\n`);
      return;
    }
    const paint = paintFor(this.io.stderr, this.io.env);
    this.io.stderr.write(`${paint('red', message)}\n${next === undefined ? '' : `${next}\n`}`);
  }

  /** A bar for a long job, on a terminal. */
  progress(total: number): Progress {
    return progressBar(this.json ? { write: () => undefined } : this.io.stderr, total);
  }

  /** A line for people. */
  line(text: string): void {
    this.io.stdout.write(`${text}\n`);
  }

  private answer(value: JsonValue): void {
    this.io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }
}
