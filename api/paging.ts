import { badRequest, queryValue, queryValues } from './validation.js';

const DEFAULT_PAGE_SIZE = 250;
const MAX_PAGE_SIZE = 500;
const PAGING_PARAMETERS = ['page', 'page_size', 'page_token', 'per_page'];

/** Entries a page: `page_size` (or `per_page`, its older name), 250 on most lists by default, 500 at most. Kratos' figures. */
export function pageSize(query: unknown, defaultSize = DEFAULT_PAGE_SIZE): number {
  const name = queryValue(query, 'page_size') === undefined ? 'per_page' : 'page_size';
  const text = queryValue(query, name);
  if (text === undefined) return defaultSize;
  const size = wholeNumber(text);
  if (size === undefined || size < 1) throw badRequest(`${name}: must be a whole number from 1 to ${MAX_PAGE_SIZE}`);
  return Math.min(size, MAX_PAGE_SIZE);
}

/**
 * `Link` of a list that is paged by the last entry seen: relative URLs of the first page and, unless this was the last,
 * of the next. The request's filters are kept.
 */
export function keysetLink(
  path: string,
  query: unknown,
  page: { size: number; first: string; next: string | undefined },
): string {
  const link = (token: string, rel: string): string => {
    const parameters = filtersOf(query);
    parameters.set('page_size', `${page.size}`);
    parameters.set('page_token', token);
    return entry(path, parameters, rel);
  };
  return [link(page.first, 'first'), ...(page.next === undefined ? [] : [link(page.next, 'next')])].join(',');
}

/** One page of a list that is at hand as a whole. */
export interface OffsetPage<Item> {
  items: Item[];
  headers: { link: string; 'x-total-count': string };
}

/** Cuts the page asked for (`page` from 0, or `page_token`) out of a whole list, with Kratos' headers for it. */
export function offsetPage<Item>(path: string, query: unknown, all: readonly Item[]): OffsetPage<Item> {
  const size = pageSize(query);
  const offset = offsetOf(query, size);
  const shown = Math.max(Math.min(size, all.length), 1);
  const link = (from: number, rel: string): string => {
    const parameters = filtersOf(query);
    parameters.set('page', `${Math.floor(from / shown)}`);
    parameters.set('page_size', `${shown}`);
    parameters.set('page_token', Buffer.from(JSON.stringify({ offset: `${from}`, v: 2 })).toString('base64url'));
    parameters.set('per_page', `${shown}`);
    return entry(path, parameters, rel);
  };
  const next = offset + size;
  return {
    items: all.slice(offset, next),
    headers: {
      link: [link(0, 'first'), ...(next < all.length ? [link(next, 'next')] : [])].join(','),
      'x-total-count': `${all.length}`,
    },
  };
}

function offsetOf(query: unknown, size: number): number {
  const token = queryValue(query, 'page_token');
  if (token !== undefined) {
    const offset = wholeNumber(/"offset":"(\d+)"/.exec(Buffer.from(token, 'base64url').toString())?.[1] ?? '');
    if (offset === undefined) throw badRequest('page_token: is not one that this service gave out');
    return offset;
  }
  const page = queryValue(query, 'page') ?? '0';
  const number = wholeNumber(page);
  if (number === undefined) throw badRequest('page: must be a whole number from 0');
  return number * size;
}

function filtersOf(query: unknown): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of Object.keys(query as object).sort()) {
    if (PAGING_PARAMETERS.includes(name)) continue;
    for (const value of queryValues(query, name)) parameters.append(name, value);
  }
  return parameters;
}

function entry(path: string, parameters: URLSearchParams, rel: string): string {
  return `<${path}?${parameters.toString()}>; rel="${rel}"`;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
