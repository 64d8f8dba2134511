import type { JsonValue } from '../../schemas/json.js';
import type { AnswerFacts } from './recording.js';
import type { WireAnswer } from './wire.js';

/** Headers that clients act on. */
const HEADERS = [
  'location',
  'allow',
  'ory-error-id',
  'x-total-count',
  'x-kratos-authenticated-identity-id',
  'cache-control',
  'vary',
  'x-content-type-options',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
];

/**
 * An answer in the form in which it is compared: form nodes and messages as one line each, links as relation and path,
 * cookies as name and attributes. The body of a redirect is for people only and is left out.
 */
export function factsOf(answer: WireAnswer): AnswerFacts {
  const redirect = answer.status >= 300 && answer.status < 400;
  const headers: Record<string, string | string[]> = {};
  for (const name of HEADERS) {
    const value = answer.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const hasBody = !redirect && answer.text !== '';
  const type = answer.headers['content-type'];
  if (hasBody && typeof type === 'string') headers['content-type'] = type.split(';')[0] ?? '';
  const { link } = answer.headers;
  if (typeof link === 'string') headers['link'] = linkFacts(link);
  const cookies = answer.headers['set-cookie'];
  if (cookies) headers['set-cookie'] = cookies.map(cookieFacts).sort();
  const body = hasBody ? { body: answer.json === undefined ? answer.text : jsonFacts(answer.json) } : {};
  return { status: answer.status, headers, ...body };
}

function linkFacts(link: string): string {
  return [...link.matchAll(/<([^?>]+)[^>]*>; rel="(\w+)"/g)].map(([, path, rel]) => `${rel} ${path}`).join(', ');
}

function cookieFacts(cookie: string): string {
  const [pair = '', ...attributes] = cookie.split(/;\s*/);
  const kept = attributes.filter((attribute) => !/^expires=/i.test(attribute)).sort();
  return [pair.split('=')[0], ...kept].join('; ');
}

function jsonFacts(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(jsonFacts);
  if (value === null || typeof value !== 'object') return value;
  const facts: Record<string, JsonValue> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'ui' && isObject(inner)) facts[key] = uiFacts(inner);
    else facts[key] = jsonFacts(inner);
  }
  return facts;
}

function uiFacts(ui: Record<string, JsonValue>): JsonValue {
  const { nodes, messages, ...rest } = ui;
  return {
    ...rest,
    ...(Array.isArray(nodes) && { nodes: nodes.map(nodeFacts) }),
    ...(Array.isArray(messages) && { messages: messages.map(messageFacts) }),
  };
}

/** Group, name and type, then the attributes in alphabetical order, then label and messages. */
function nodeFacts(node: JsonValue): string {
  if (!isObject(node) || !isObject(node['attributes'])) return 'not a node';
  const { name, type, node_type: nodeType, disabled, ...others } = node['attributes'];
  const line = [node['group'], name ?? '-', type ?? '-'].map(plain);
  if (node['type'] !== 'input') line.unshift(plain(node['type']));
  if (nodeType !== node['type']) line.push(`node_type=${plain(nodeType)}`);
  if (disabled !== false) line.push('disabled');
  for (const key of Object.keys(others).sort()) line.push(`${key}=${plain(others[key])}`);
  const { label } = isObject(node['meta']) ? node['meta'] : {};
  if (label !== undefined) line.push(`label=${messageFacts(label)}`);
  if (!Array.isArray(node['messages'])) line.push('without messages');
  else for (const message of node['messages']) line.push(`message=${messageFacts(message)}`);
  return line.join(' ');
}

function messageFacts(message: JsonValue): string {
  if (!isObject(message)) return 'not a message';
  const { id, type, text, context } = message;
  const line = [plain(id), plain(type)];
  if (typeof text !== 'string' || text === '') line.push('without text');
  if (isObject(context)) for (const key of Object.keys(context).sort()) line.push(`${key}=${plain(context[key])}`);
  return line.join(' ');
}

function plain(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function isObject(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
