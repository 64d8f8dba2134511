import { randomUUID } from 'node:crypto';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** What each kind of placeholder stands for. Kinds that are not listed are ids. */
const KINDS: Record<string, string> = {
  time: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`,
  text: String.raw`[\s\S]+`,
  // What a mail said; not a note that it is not shown.
  mailtext: String.raw`(?!<redacted)[\s\S]+`,
  number: String.raw`\d+`,
  hash: '[0-9a-f]{64}',
  ip: String.raw`127\.0\.0\.1(?::\d+)?`,
  code: String.raw`\d{6}`,
  session: 'ory_st_[0-9A-Za-z]{32}',
  token: '[0-9A-Za-z]{32}',
  csrf: '[0-9A-Za-z+/]{86}==',
  option: '[0-9A-Za-z+/=_-]{16,}',
};

const PLACEHOLDER = /\{([A-Za-z]+%?)((?:\.[a-z0-9]+)*)\}/g;

/**
 * The values behind placeholders. `{flow.1}` stands for one flow id: where it is first met in an answer it takes the
 * value found there, and from then on it must be that value. `{time}` stands for any time. `{public}`, `{admin}` and
 * `{ui}` are the base addresses; with `%` they are URL-encoded.
 */
export class Bindings {
  private readonly values = new Map<string, string>();
  // Letters only: mails are searched for digits.
  private readonly run = randomUUID()
    .slice(0, 8)
    .replace(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)));

  constructor(private readonly bases: { public: string; admin: string; ui: string }) {}

  /** Gives a placeholder such as `flow.1` its value. */
  bind(name: string, value: string): void {
    this.values.set(name, value);
  }

  /** The value of a placeholder such as `flow.1`. @throws Error when it has none yet */
  get(name: string): string {
    const value = this.known(name);
    if (value === undefined) throw new Error(`{${name}} has no value yet`);
    return value;
  }

  /** Fills all placeholders. @throws Error naming one that has no value yet */
  fill(template: string): string {
    return template.replace(PLACEHOLDER, (_, kind: string, rest: string) => this.get(`${kind}${rest}`));
  }

  /** True when `value` is what the template says; unbound placeholders take their values from it. */
  matches(template: string, value: string): boolean {
    const met: string[] = [];
    let source = '';
    let end = 0;
    for (const match of template.matchAll(PLACEHOLDER)) {
      const [whole, kind = '', rest = ''] = match;
      source += escapeRegex(template.slice(end, match.index));
      end = match.index + whole.length;
      const known = this.known(`${kind}${rest}`);
      if (known !== undefined) {
        source += escapeRegex(known);
      } else {
        source += `(${KINDS[kind] ?? UUID})`;
        met.push(`${kind}${rest}`);
      }
    }
    source += escapeRegex(template.slice(end));
    const found = new RegExp(`^${source}$`).exec(value);
    if (!found) return false;
    const taken = met
      .map((name, index) => [name, found[index + 1] ?? ''] as const)
      .filter(([name]) => name.includes('.'));
    if (taken.some(([name, one]) => taken.some(([other, two]) => name === other && one !== two))) return false;
    for (const [name, one] of taken) this.bind(name, one);
    return true;
  }

  /** The text with addresses and ids as placeholders again, for people to read. */
  abbreviate(text: string): string {
    const { public: open, admin, ui } = this.bases;
    return text
      .replaceAll(open, '{public}')
      .replaceAll(admin, '{admin}')
      .replaceAll(ui, '{ui}')
      .replaceAll(this.run, '{run}')
      .replace(new RegExp(UUID, 'g'), '{id}')
      .replace(new RegExp(KINDS.time ?? '', 'g'), '{time}')
      .replace(/[0-9A-Za-z]{32,}(?![0-9A-Za-z_])/g, '{token}');
  }

  private known(name: string): string | undefined {
    const bound = this.values.get(name);
    if (bound !== undefined) return bound;
    const [kind = '', ...rest] = name.split('.');
    const base = { public: this.bases.public, admin: this.bases.admin, ui: this.bases.ui }[kind.replace('%', '')];
    if (base !== undefined) return kind.endsWith('%') ? encodeURIComponent(base) : base;
    if (kind === 'local') return [rest[0], this.run, rest[1]].join('-');
    if (kind === 'email') return `${this.known(['local', ...rest].join('.')) ?? ''}@example.test`;
    if (kind === 'EMAIL') return (this.known(['email', ...rest].join('.')) ?? '').toUpperCase();
    if (kind === 'fresh') {
      this.bind(name, randomUUID());
      return this.values.get(name);
    }
    return undefined;
  }
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
