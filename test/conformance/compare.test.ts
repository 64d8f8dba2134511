import { describe, expect, it } from 'vitest';
import { compareAnswers } from './compare.js';
import { factsOf } from './facts.js';
import type { AnswerFacts } from './recording.js';
import { Bindings } from './templates.js';

const ID = '6f426702-62c7-4817-a22b-f485d3ca69a2';
const OTHER = '0b38549b-0012-4f0d-9c4f-db219f96072c';

const bindings = (): Bindings =>
  new Bindings({ public: 'http://127.0.0.1:1', admin: 'http://127.0.0.1:2', ui: 'http://127.0.0.1:3' });

function gaps(expected: AnswerFacts, actual: AnswerFacts): string[] {
  return compareAnswers(expected, actual, bindings()).map(({ what }) => what);
}

const body = (kratos: AnswerFacts['body'], here: AnswerFacts['body']): string[] =>
  gaps({ status: 200, body: kratos }, { status: 200, body: here });

describe('the comparison', () => {
  it('finds nothing where kinds are the same', () => {
    const expected = { id: '{flow.1}', url: '{ui}/recovery?flow={flow.1}', at: '{time}', count: 2, text: '{text}' };
    const here = {
      id: ID,
      url: `http://127.0.0.1:3/recovery?flow=${ID}`,
      at: '2026-11-22T02:20:53.39Z',
      count: 2,
      text: 'x',
    };
    expect(body(expected, here)).toEqual([]);
  });

  it('finds what is missing, what is too much, and what has another value or type', () => {
    expect(body({ a: 1, b: 'x' }, { a: 1 })).toEqual(['body.b']);
    expect(body({ a: 1 }, { a: 1, b: null })).toEqual(['body.b']);
    expect(body({ a: true, b: 'x' }, { a: false, b: 'y' })).toEqual(['body.a', 'body.b']);
    expect(body({ a: 1 }, { a: '1' })).toEqual(['body.a']);
    expect(body([1, 2], [1])).toEqual(['body']);
    expect(body({ a: '{time}' }, { a: 'soon' })).toEqual(['body.a']);
    expect(body({ a: '{number}' }, { a: null })).toEqual(['body.a']);
  });

  it('finds an id that is not the one of before', () => {
    expect(body({ a: '{flow.1}', b: '{flow.1}' }, { a: ID, b: OTHER })).toEqual(['body.b']);
    expect(body({ a: '{flow.1} {flow.1}' }, { a: `${ID} ${OTHER}` })).toEqual(['body.a']);
  });

  it('finds another status, header, cookie attribute or error id', () => {
    expect(gaps({ status: 200 }, { status: 400 })).toEqual(['answer']);
    expect(gaps({ status: 303, headers: { location: '{ui}/a' } }, { status: 303, headers: {} })).toEqual(['location']);
    const cookie = (attributes: string): AnswerFacts => ({
      status: 200,
      headers: { 'set-cookie': [`session; ${attributes}`] },
    });
    expect(gaps(cookie('HttpOnly; SameSite=Lax'), cookie('SameSite=Lax'))).toEqual(['set-cookie session']);
    const error = (id: string): AnswerFacts => ({
      status: 400,
      headers: { 'ory-error-id': id },
      body: { error: { id } },
    });
    expect(gaps(error('one'), error('two'))).toEqual(['ory-error-id', 'body.error.id']);
  });

  it('knows no order of names in Vary and Allow', () => {
    const vary = (value: string): AnswerFacts => ({ status: 200, headers: { vary: value } });
    expect(gaps(vary('Origin, Cookie'), vary('cookie,origin'))).toEqual([]);
    expect(gaps(vary('Origin, Cookie'), vary('Origin'))).toEqual(['vary']);
  });

  it('finds another form: node, order, attribute or message', () => {
    const node = (name: string, more: object = {}, messages: object[] = []) => ({
      type: 'input',
      group: 'code',
      attributes: { name, type: 'text', disabled: false, node_type: 'input', ...more },
      messages,
      meta: {},
    });
    const ui = (...nodes: object[]): AnswerFacts =>
      factsOf({ status: 200, headers: { 'content-type': 'application/json' }, text: '{', json: { ui: { nodes } } });
    expect(gaps(ui(node('a'), node('b')), ui(node('a'), node('b')))).toEqual([]);
    for (const other of [
      ui(node('a')),
      ui(node('b'), node('a')),
      ui(node('a', { required: true }), node('b')),
      ui(node('a', {}, [{ id: 4000002, type: 'error', text: 'x' }]), node('b')),
      ui(node('a', { disabled: true }), node('b')),
    ]) {
      expect(gaps(ui(node('a'), node('b')), other)).toEqual(['body.ui.nodes']);
    }
  });

  it('finds a message without text', () => {
    const message = (text: string): AnswerFacts =>
      factsOf({
        status: 200,
        headers: {},
        text: '{',
        json: { ui: { nodes: [], messages: [{ id: 1060003, type: 'info', text }] } },
      });
    expect(gaps(message('Look into your mailbox.'), message(''))).toEqual(['body.ui.messages[0]']);
  });
});
