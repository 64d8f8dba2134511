import { TemplateError } from './syntax.js';
import type { Node, Parsed } from './syntax.js';

/** Where in HTML a value stands, and so how it is made safe. */
export type HtmlContext =
  | 'text'
  | 'attribute'
  /** At the beginning of an address, which the value can choose. */
  | 'url'
  /** Further on in an address, as a part of it. */
  | 'url-part';

const URL_ATTRIBUTES = ['href', 'src', 'action', 'formaction', 'cite', 'background', 'poster', 'xlink:href'];
/** What browsers read with a grammar of its own. */
const RAW_ELEMENTS = /^(script|style|textarea|title|noscript|iframe|xmp|svg|math)$/;
/** The same without those in which only `&` and `<` mean something. */
const FORBIDDEN_ELEMENTS = /^(script|style|noscript|iframe|xmp|svg|math)$/;

interface Place {
  state: 'text' | 'tag' | 'value' | 'comment' | 'raw';
  /** In a tag: what stood in it so far. In a quoted value: what stood in the value so far. */
  seen: string;
  element: string;
  attribute: string;
  quote: string;
}

const START: Place = { state: 'text', seen: '', element: '', attribute: '', quote: '' };

/**
 * Finds out for every value of an HTML template where it stands. Values may stand in text and inside quoted attributes;
 * anywhere else (scripts, styles, tags, unquoted attributes) escaping cannot make them safe, and the template is
 * refused. @throws TemplateError
 */
export function htmlContexts({ body, blocks }: Parsed): Map<Node, HtmlContext> {
  const contexts = new Map<Node, HtmlContext>();
  for (const nodes of [body, ...blocks.values()]) {
    const end = walk(nodes, START, contexts);
    if (end.state !== 'text') throw new TemplateError(lastLine(nodes), 'the HTML ends inside a tag, comment or script');
  }
  return contexts;
}

function walk(nodes: readonly Node[], from: Place, contexts: Map<Node, HtmlContext>): Place {
  let place = from;
  for (const node of nodes) {
    if (node.kind === 'text') place = advance(place, node.text);
    else if (node.kind === 'value') {
      contexts.set(node, contextAt(place, node.line));
      if (place.state === 'value') place = { ...place, seen: `${place.seen}x` };
    } else if (node.kind === 'call') {
      if (place.state !== 'text') throw new TemplateError(node.line, '"template" stands outside of text');
    } else {
      const then = walk(node.then, place, contexts);
      const otherwise = walk(node.otherwise, place, contexts);
      const same = (['state', 'element', 'attribute', 'quote'] as const).every((key) => then[key] === otherwise[key]);
      if (!same) throw new TemplateError(node.line, 'the branches of "if" end in different places of the HTML');
      // Of an address that may have begun, it is assumed that it has not: the stricter rule.
      place = then.seen.length <= otherwise.seen.length ? then : otherwise;
    }
  }
  return place;
}

function contextAt({ state, element, attribute, seen }: Place, line: number): HtmlContext {
  if (state === 'text') return 'text';
  if (state === 'raw' && !FORBIDDEN_ELEMENTS.test(element)) return 'text';
  if (state === 'value') {
    if (/^(style|srcdoc|srcset|on.*)$/.test(attribute)) {
      throw new TemplateError(line, `a value stands in the attribute "${attribute}"`);
    }
    if (!URL_ATTRIBUTES.includes(attribute)) return 'attribute';
    return seen === '' ? 'url' : 'url-part';
  }
  const where = { tag: 'inside a tag, not in quotes', comment: 'in a comment', raw: `inside <${element}>` }[state];
  throw new TemplateError(line, `a value stands ${where}`);
}

function advance(from: Place, text: string): Place {
  let place = from;
  let rest = text;
  while (rest !== '') {
    const [next, taken] = step(place, rest);
    place = next;
    rest = rest.slice(taken);
  }
  return place;
}

/** Takes the text as far as the place stays the same kind. Returns where that leads, and how much was taken. */
function step(place: Place, text: string): [Place, number] {
  switch (place.state) {
    case 'text': {
      const tag = text.search(/<[/a-zA-Z!]/);
      if (tag < 0) return [START, text.length];
      if (text.startsWith('<!--', tag)) return [{ ...START, state: 'comment' }, tag + 4];
      return [{ ...START, state: 'tag' }, tag + 1];
    }
    case 'comment':
      return until(text, '-->', START, place);
    case 'raw': {
      const end = text.toLowerCase().indexOf(`</${place.element}`);
      return end < 0 ? [place, text.length] : [{ ...START, state: 'tag' }, end + 1];
    }
    case 'value':
      return until(
        text,
        place.quote,
        { ...START, state: 'tag', element: place.element, seen: ' ' },
        {
          ...place,
          seen: place.seen + text,
        },
      );
    case 'tag':
      return stepInTag(place, text);
  }
}

function stepInTag(place: Place, text: string): [Place, number] {
  const end = text.search(/["'>]/);
  const seen = place.seen + (end < 0 ? text : text.slice(0, end));
  const named = /^(\/?[a-z0-9-]+)(?=[\s/]|$)/i.exec(seen)?.[1] ?? '';
  const element = place.element === '' ? named.toLowerCase() : place.element;
  if (end < 0) return [{ ...place, seen, element: /[\s/]/.test(seen.slice(1)) ? element : place.element }, text.length];
  if (text[end] === '>') return [RAW_ELEMENTS.test(element) ? { ...START, state: 'raw', element } : START, end + 1];
  const attribute = /([^\s"'<>/=]+)\s*=\s*$/.exec(seen)?.[1];
  if (attribute === undefined) return [{ ...place, element, seen: `${seen}x` }, end + 1];
  const quote = text[end] ?? '';
  return [{ state: 'value', seen: '', element, attribute: attribute.toLowerCase(), quote }, end + 1];
}

function until(text: string, mark: string, after: Place, still: Place): [Place, number] {
  const end = text.indexOf(mark);
  return end < 0 ? [still, text.length] : [after, end + mark.length];
}

function lastLine(nodes: readonly Node[]): number {
  return nodes.reduce((line, node) => (node.kind === 'text' ? line : Math.max(line, node.line)), 1);
}
