import type { JsonObject } from '../../../schemas/json.js';

/** A row as it stands in an upload. */
export interface SourceRow {
  /** Line on which it begins. */
  line: number;
  /** Of NDJSON. */
  object?: JsonObject;
  /** Of CSV: the cells that are not empty, by the name of their column. */
  cells?: ReadonlyMap<string, string>;
  /** Why it cannot be read. */
  problem?: string;
}

/** Longest row, characters. No honest one comes near. */
export const MOST_ROW_LENGTH = 65_536;

/** Says that one row, and with it the upload, is too long. */
export function tooLong(line: number): string {
  return `The row at line ${line} is longer than ${MOST_ROW_LENGTH} characters. Is a quotation mark missing, or a file in a cell?`;
}
