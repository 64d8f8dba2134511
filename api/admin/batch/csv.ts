import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { badRequest } from '../../validation.js';
import { MOST_ROW_LENGTH, tooLong } from './source-rows.js';
import type { SourceRow } from './source-rows.js';

const MOST_COLUMNS = 200;

interface Parsed {
  record: string[];
  info: { lines: number };
}

/**
 * The rows of CSV text (RFC 4180; also with semicolons or tabs, as spreadsheets write it). The first row names the
 * columns; `checkColumns` may refuse them. A row with a wrong number of cells is one with a problem.
 *
 * @throws LatchkeyError bad_request for text that is not CSV, naming the line
 */
export async function* csvRows(
  text: AsyncIterable<string>,
  checkColumns: (columns: readonly string[]) => void,
): AsyncGenerator<SourceRow> {
  const source = new Watched(text);
  const delimiter = delimiterOf(await source.peekLine());
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: MOST_ROW_LENGTH,
  });
  pipeline(Readable.from(source.pieces()), parser, () => undefined);
  let columns: string[] | undefined;
  let line = 1;
  let cellsOfLast = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const begins = line;
      line = info.lines + 1;
      if (columns === undefined) {
        columns = record;
        assertNames(columns);
        checkColumns(columns);
        continue;
      }
      cellsOfLast = record.length;
      yield rowOf(begins, columns, record);
    }
  } catch (error) {
    throw error instanceof CsvError ? badRequest(whyNotCsv(error)) : error;
  }
  if (columns === undefined) throw badRequest('The upload is empty: it has no row that names the columns.');
  if (!source.endsWithLine && cellsOfLast > 0 && cellsOfLast < columns.length) {
    throw badRequest('The upload ends in the middle of a row: it was cut short. Nothing of it was taken.');
  }
}

function rowOf(line: number, columns: readonly string[], record: readonly string[]): SourceRow {
  if (record.length !== columns.length) {
    return { line, problem: `has ${record.length} cells, where ${columns.length} columns are named` };
  }
  const cells = new Map<string, string>();
  for (const [at, column] of columns.entries()) {
    const cell = record[at];
    if (cell !== undefined && cell !== '') cells.set(column, cell);
  }
  return { line, cells };
}

function assertNames(columns: readonly string[]): void {
  if (columns.length > MOST_COLUMNS) throw badRequest(`The upload has more than ${MOST_COLUMNS} columns.`);
  for (const [at, name] of columns.entries()) {
    if (name === '') throw badRequest(`columns: column ${at + 1} has no name`);
    if (columns.indexOf(name) !== at)
      throw badRequest(`columns: ${JSON.stringify(name.slice(0, 60))} stands there twice`);
  }
}

function delimiterOf(firstLine: string): string {
  const count = (sign: string): number => firstLine.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

function whyNotCsv(error: CsvError): string {
  const line = Number((error as { lines?: number }).lines ?? 1);
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return tooLong(line);
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'The upload ends within quotation marks: one is missing, or it was cut short.';
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return `Line ${line}: something stands between a closing quotation mark and the next cell.`;
    case 'INVALID_OPENING_QUOTE':
      return `Line ${line}: a quotation mark stands within a cell that does not begin with one.`;
    default:
      return `Line ${line} is not CSV.`;
  }
}

/** Text that can be looked at before it is read, and remembers how it ended. */
class Watched {
  endsWithLine = true;
  private readonly iterator: AsyncIterator<string>;
  private first = '';

  constructor(text: AsyncIterable<string>) {
    this.iterator = text[Symbol.asyncIterator]();
  }

  async peekLine(): Promise<string> {
    while (!this.first.includes('\n') && this.first.length < MOST_ROW_LENGTH) {
      const { done, value } = await this.iterator.next();
      if (done) break;
      this.first += value;
    }
    return this.first.split('\n', 1)[0] ?? '';
  }

  async *pieces(): AsyncGenerator<string> {
    try {
      if (this.first !== '') yield this.noted(this.first);
      for (;;) {
        const { done, value } = await this.iterator.next();
        if (done) return;
        if (value !== '') yield this.noted(value);
      }
    } finally {
      await this.iterator.return?.();
    }
  }

  private noted(piece: string): string {
    this.endsWithLine = piece.endsWith('\n');
    return piece;
  }
}
