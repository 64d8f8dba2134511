import { describe, expect, it } from 'vitest';
import {
  identifierSpellings,
  lowerCaseAscii,
  normalizeAddress,
  normalizeIdentifier,
} from '../../platform/addresses.js';
import { createIdentitySchemas } from '../../platform/identity-schemas.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { JsonObject, JsonValue } from '../../schemas/json.js';
import { personSchema } from '../../schemas/person.js';

const LOGIN = { credentials: { password: { identifier: true } } };

function withTraits(traits: JsonObject, rest: JsonObject = {}): JsonObject {
  return { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { traits }, ...rest };
}

function schemasOf(schema: JsonObject) {
  return createIdentitySchemas({ defaultSchemaId: 'it', schemas: [{ id: 'it', schema }] });
}

function derive(schema: JsonObject, traits: JsonValue) {
  return schemasOf(schema).derive('it', traits);
}

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(LatchkeyError);
    expect((error as LatchkeyError).code).toBe('bad_request');
    return (error as LatchkeyError).message;
  }
  throw new Error('nothing was thrown');
}

describe('what the extension makes of traits', () => {
  it('is a login name and two addresses for the default person', () => {
    expect(derive(personSchema, { email: 'Ada@Example.TEST', name: { first: 'Ada' } })).toEqual({
      identifiers: ['ada@example.test'],
      verifiable: [{ via: 'email', value: 'ada@example.test' }],
      recovery: [{ via: 'email', value: 'ada@example.test' }],
    });
  });

  it('is found in nested objects, arrays, references and allOf, each value once', () => {
    const email = { type: 'string', format: 'email', 'ory.sh/kratos': { recovery: { via: 'email' } } };
    const schema = withTraits(
      {
        type: 'object',
        properties: {
          username: { type: 'string', 'ory.sh/kratos': LOGIN },
          contact: { type: 'object', properties: { work: { $ref: '#/definitions/email' } } },
          others: { type: 'array', items: { $ref: '#/definitions/email' } },
          composed: { allOf: [{ $ref: '#/definitions/email' }, { maxLength: 40 }] },
        },
      },
      { definitions: { email } },
    );
    const traits = {
      username: ' Ada ',
      contact: { work: 'work@example.test' },
      others: ['one@example.test', 'WORK@example.test'],
      composed: 'last@example.test',
    };
    expect(derive(schema, traits)).toEqual({
      identifiers: ['ada'],
      verifiable: [],
      recovery: ['work@example.test', 'one@example.test', 'last@example.test'].map((value) => ({
        via: 'email',
        value,
      })),
    });
  });

  it('takes an address only from the branch of a choice that the value belongs to', () => {
    const schema = withTraits({
      type: 'object',
      properties: {
        contact: {
          oneOf: [
            { type: 'string', format: 'email', 'ory.sh/kratos': { recovery: { via: 'email' } } },
            { type: 'string', format: 'tel', 'ory.sh/kratos': { recovery: { via: 'sms' } } },
          ],
        },
      },
    });
    expect(derive(schema, { contact: 'a@example.test' }).recovery).toEqual([{ via: 'email', value: 'a@example.test' }]);
    expect(derive(schema, { contact: '+1 (555) 010-9999' }).recovery).toEqual([{ via: 'sms', value: '+15550109999' }]);

    const badge: JsonObject = { oneOf: [{ pattern: '^user-', 'ory.sh/kratos': LOGIN }, { pattern: '^guest-' }] };
    const badges = withTraits({ type: 'object', properties: { badge } });
    expect(derive(badges, { badge: 'user-1' }).identifiers).toEqual(['user-1']);
    expect(derive(badges, { badge: 'guest-1' }).identifiers).toEqual([]);
  });

  it('stores a telephone login name as its digits', () => {
    const schema = withTraits({
      type: 'object',
      properties: { phone: { type: 'string', format: 'tel', 'ory.sh/kratos': { ...LOGIN, recovery: { via: 'sms' } } } },
    });
    expect(derive(schema, { phone: '+49 (30) 901-820' })).toEqual({
      identifiers: ['+4930901820'],
      verifiable: [],
      recovery: [{ via: 'sms', value: '+4930901820' }],
    });
  });

  it('is nothing for an absent or empty trait', () => {
    const optional = { type: 'string', 'ory.sh/kratos': { ...LOGIN, recovery: { via: 'email' } } };
    const schema = withTraits({ type: 'object', properties: { fallback: optional } });
    expect(derive(schema, {}).recovery).toEqual([]);
    expect(derive(schema, { fallback: '' })).toEqual({ identifiers: [], verifiable: [], recovery: [] });
  });

  it('refuses an address that is none, even when the schema asks for no format', () => {
    const schema = withTraits({
      type: 'object',
      properties: {
        mail: { type: 'string', 'ory.sh/kratos': { verification: { via: 'email' } } },
        phone: { type: 'string', 'ory.sh/kratos': { recovery: { via: 'sms' } } },
        name: { type: 'string', 'ory.sh/kratos': LOGIN },
      },
    });
    const problems = schemasOf(schema).problems('it', {
      mail: 'Ada <ada@example.test>',
      phone: 'call me',
      name: 'a\u200bb',
    });
    expect(problems.map(({ path, text }) => `${path}: ${text}`)).toEqual([
      'traits.mail: must be an e-mail address',
      'traits.phone: must be a telephone number',
      'traits.name: must have 1 to 320 characters, all visible',
    ]);
  });
});

describe('problems', () => {
  it('name the path and the rule, and never the value', () => {
    const schemas = schemasOf(personSchema);
    const reason = reasonOf(() => schemas.derive('it', { email: 'secret-value', name: { first: 1 }, 'no-pe': true }));
    expect(reason).toBe(
      'traits.no-pe: is not a known field; traits.email: must be an e-mail address; traits.name.first: must be a string',
    );
    expect(reason).not.toContain('secret-value');
  });

  it('point to a missing field itself', () => {
    expect(schemasOf(personSchema).problems('it', {})).toEqual([
      { path: 'traits.email', keyword: 'required', text: 'is missing' },
    ]);
  });

  it('are none for good traits', () => {
    expect(schemasOf(personSchema).problems('it', { email: 'a@example.test' })).toEqual([]);
  });

  it('name an unknown schema, and the ways of Object.prototype are unknown too', () => {
    for (const id of ['nope', 'toString', '__proto__']) {
      expect(reasonOf(() => schemasOf(personSchema).derive(id, {}))).toBe(
        'schema_id: there is no identity schema with this id',
      );
    }
  });
});

describe('an identity schema', () => {
  it.each([
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2019-09/schema',
    'https://json-schema.org/draft/2020-12/schema',
  ])('may be written in %s', ($schema) => {
    expect(derive({ ...personSchema, $schema }, { email: 'a@example.test' }).identifiers).toEqual(['a@example.test']);
  });

  it('is given back as it was configured', () => {
    const schemas = schemasOf(personSchema);
    expect(schemas.get('it')).toEqual(personSchema);
    expect(schemas.list()).toEqual([{ id: 'it', schema: personSchema }]);
    expect(schemas.get('constructor')).toBeUndefined();
  });

  it('is there for machines without being configured: a name, and nothing to sign in with or to write to', () => {
    const schemas = schemasOf(personSchema);
    expect(schemas.get('machine')).toMatchObject({ title: 'Machine' });
    expect(schemas.derive('machine', { name: 'ci' })).toEqual({ identifiers: [], verifiable: [], recovery: [] });
    expect(() => schemas.derive('machine', { name: 'ci', email: 'a@example.test' })).toThrow(/traits.email/);
    expect(() => schemas.derive('machine', {})).toThrow(/traits.name/);
  });

  it('that cannot be used stops the start, and is named', () => {
    expect(() => schemasOf(withTraits({ type: 'nonsense' }))).toThrow(/identity schema "it" cannot be used/);
    const bad = { type: 'string', 'ory.sh/kratos': { recovery: { via: 'pigeon' } } };
    expect(() => schemasOf(withTraits({ type: 'object', properties: { a: bad } }))).toThrow(/recovery\.via must be/);
  });
});

describe('form fields', () => {
  it('are the single values of the schema, in its order', () => {
    expect(schemasOf(personSchema).fields('it')).toEqual([
      { name: 'traits.email', type: 'email', title: 'E-mail', required: true, autocomplete: 'email' },
      { name: 'traits.name.first', type: 'text', title: 'First name', required: false },
      { name: 'traits.name.last', type: 'text', title: 'Last name', required: false },
    ]);
    expect(schemasOf(personSchema).fields('nope')).toEqual([]);
  });

  it('have the input type of their format or type, follow references and end where a schema turns in circles', () => {
    const schema = withTraits(
      {
        type: 'object',
        required: ['born', 'address'],
        properties: {
          born: { type: 'string', format: 'date' },
          site: { type: 'string', format: 'uri' },
          phone: { type: 'string', format: 'tel' },
          seen: { type: 'string', format: 'date-time' },
          age: { type: 'integer', title: 'Age' },
          news: { type: ['boolean', 'null'] },
          tags: { type: 'array', items: { type: 'string' } },
          address: { $ref: '#/definitions/address' },
          circle: { $ref: '#/definitions/circle' },
        },
      },
      {
        definitions: {
          address: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
          circle: { type: 'object', properties: { again: { $ref: '#/definitions/circle' } } },
        },
      },
    );
    const fields = schemasOf(schema).fields('it');
    expect(fields.map(({ name, type, required }) => [name, type, required])).toEqual([
      ['traits.born', 'date', true],
      ['traits.site', 'url', false],
      ['traits.phone', 'tel', false],
      ['traits.seen', 'datetime-local', false],
      ['traits.age', 'number', false],
      ['traits.news', 'checkbox', false],
      ['traits.address.city', 'text', true],
    ]);
  });
});

describe('the stored spelling', () => {
  it('of an e-mail address is trimmed and lower case', () => {
    expect(normalizeAddress('email', ' Ada.Lovelace+x@Example.TEST ')).toBe('ada.lovelace+x@example.test');
    expect(normalizeAddress('email', 'root@localhost')).toBe('root@localhost');
  });

  it('changes ASCII letters only', () => {
    expect(lowerCaseAscii('ABZ\u212A\u0130\u00C9')).toBe('abz\u212A\u0130\u00C9');
  });

  it.each([
    ['Kelvin sign', '\u212Aate@example.test'],
    ['dotless i', 'm\u0131ke@example.test'],
    ['dotted capital I', 'M\u0130KE@example.test'],
    ['full-width letters', '\uFF41da@example.test'],
    ['look-alike host', 'ada@ex\u0430mple.test'],
    ['zero-width space', 'ada\u200B@example.test'],
    ['long s', 'je\u017F\u017F@example.test'],
    ['NUL', 'ada\u0000@example.test'],
    ['line break', 'ada@example.test\r\nBcc: eve@example.test'],
    ['two addresses', 'ada@example.test,eve@example.test'],
    ['quoted local part', '"ada@evil.test"@example.test'],
    ['comment', 'ada(x)@example.test'],
    ['angle brackets', '<ada@example.test>'],
    ['two at signs', 'ada@evil.test@example.test'],
    ['no host', 'ada@'],
    ['no local part', '@example.test'],
    ['empty label', 'ada@example..test'],
    ['host literal', 'ada@[127.0.0.1]'],
    ['too long', `${'a'.repeat(64)}@${'b.'.repeat(100)}test`],
    ['percent-encoded', 'ada%40evil.test'],
  ])('does not exist for an e-mail address with: %s', (_, address) => {
    expect(normalizeAddress('email', address)).toBeUndefined();
  });

  it('of a telephone number is + and digits', () => {
    expect(normalizeAddress('sms', '+1 (555) 010-9999')).toBe('+15550109999');
    expect(normalizeAddress('sms', '030/901.820')).toBe('030901820');
    for (const wrong of [
      '',
      '+',
      '123',
      '+12345678901234567',
      '12+345678',
      'tel:+15550109999',
      '\u0661\u0662\u0663\u0664\u0665\u0666',
    ]) {
      expect(normalizeAddress('sms', wrong)).toBeUndefined();
    }
  });

  it('of a login name is trimmed and lower case, and finds both names and telephone numbers', () => {
    expect(normalizeIdentifier(' Ada ')).toBe('ada');
    expect(normalizeIdentifier('\u00C9va')).toBe('\u00C9va');
    for (const wrong of ['', '  ', 'a\u0000b', 'a\u202Eb', 'x'.repeat(321)]) {
      expect(normalizeIdentifier(wrong)).toBeUndefined();
    }
    expect(identifierSpellings('+1 555 0109999')).toEqual(['+1 555 0109999', '+15550109999']);
    expect(identifierSpellings('Ada')).toEqual(['ada']);
  });
});
