import { describe, expect, it } from 'vitest';
import { compileTemplate } from '../../../../activities/mail/template/template.js';

const data = {
  To: 'ada@example.test',
  RecoveryCode: '123456',
  ExpiresInMinutes: 15,
  Empty: '',
  List: ['a'],
  Identity: {
    traits: { name: { first: 'Ada' }, website: 'javascript:alert(1)', home: 'https://ada.example/?a=1&b=2' },
  },
};
const text = (source: string, values: Record<string, unknown> = data): string =>
  compileTemplate(source, 'text')(values);
const html = (source: string, values: Record<string, unknown> = data): string =>
  compileTemplate(source, 'html')(values);

function problemOf(source: string): string {
  try {
    compileTemplate(source, 'text');
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

describe('the template language', () => {
  it.each([
    ['plain', 'plain'],
    ['Code {{ .RecoveryCode }}, {{.ExpiresInMinutes}} minutes', 'Code 123456, 15 minutes'],
    ['Dear {{ .Identity.traits.name.first }}', 'Dear Ada'],
    ['[{{ .Nobody.is.there }}]', '[]'],
    ['[{{ .Identity }}]', '[]'],
    ['{{ if .Identity.traits.name }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ if .Empty }}yes{{ else if .List }}list{{ else }}no{{ end }}', 'list'],
    ['{{ if eq .To "ada@example.test" }}her{{ end }}', 'her'],
    ['{{ if eq .To "x" "ada@example.test" }}one of them{{ end }}', 'one of them'],
    ['{{ if and .To (not .Empty) (ne .RecoveryCode "1") }}all{{ end }}', 'all'],
    ['{{ or .Empty "else" }}{{ default "none" .Empty }}{{ .Empty | default "piped" }}', 'elsenonepiped'],
    ['a  {{- /* nothing */ -}}  b', 'ab'],
    ['a {{- .To -}} b', 'aada@example.testb'],
    ['{{ "}}" }}{{ `raw \\n` }}{{ "tab\\t" }}', '}}raw \\ntab\t'],
    [
      '{{define "de"}}Hallo {{ .To }}{{end}}{{ if eq .To "x" }}{{ template "en" . }}{{else}}{{ template "de" . }}{{end}}{{define "en"}}Hi{{end}}',
      'Hallo ada@example.test',
    ],
    ['{{ template "no data" }}{{ define "no data" }}[{{ .To }}]{{ end }}', '[]'],
    ['{{ true }}{{ 1.5 }}{{ nil }}', 'true1.5'],
  ])('renders %s', (source, wanted) => {
    expect(text(source)).toBe(wanted);
  });

  it('reads own fields only', () => {
    expect(text('[{{ .constructor }}{{ .__proto__ }}{{ .To.length }}]')).toBe('[]');
  });

  it.each([
    ['{{ .To', 'line 1: "{{" without "}}"'],
    ['a\nb {{ range .List }}x{{ end }}', 'line 2: "range" is not supported'],
    ['{{ if .To }}x', 'line 1: "if" without "end"'],
    ['x{{ end }}', 'line 1: "end" without a beginning'],
    ['{{ else }}', 'line 1: "else" without a beginning'],
    ['{{ $x := 1 }}', 'line 1: "$x := 1" is not understood'],
    ['\n\n{{ .To .To }}', 'line 3: there is more than one value'],
    ['{{ printf "%d" 1 }}', 'line 1: "printf" is not supported'],
    ['{{ template "none" . }}', 'line 1: there is no block "none"'],
    ['{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" }}', 'line 1: the block "a" calls itself'],
    ['{{ .To | }}', 'line 1: after "|" a function is missing'],
    ['{{ not }}', 'line 1: "not" needs a value'],
    ['{{ (.To }}', 'line 1: a ")" is missing'],
  ])('refuses %j, saying where and why', (source, problem) => {
    expect(problemOf(source)).toMatch(/^line \d+: /);
    expect(problemOf(source).startsWith(problem), problemOf(source)).toBe(true);
  });
});

describe('in HTML', () => {
  it('escapes values in text and attributes', () => {
    const values = { Name: `<img src=x onerror="alert('1')">&` };
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
    expect(html('<p>{{ .Name }}</p>', values)).toBe(`<p>${escaped}</p>`);
    expect(html('<p title="{{ .Name }}" id=x>{{ .Name }}</p>', values)).toBe(
      `<p title="${escaped}" id=x>${escaped}</p>`,
    );
    expect(html("<p title='a {{ .Name }}'></p>", values)).toBe(`<p title='a ${escaped}'></p>`);
    expect(html('<title>{{ .Name }}</title><p>{{ .Name }}</p>', values)).toBe(
      `<title>${escaped}</title><p>${escaped}</p>`,
    );
  });

  it('lets a value choose an address only among harmless ones, and encodes parts of addresses', () => {
    expect(html('<a href="{{ .Identity.traits.website }}">x</a>')).toBe('<a href="#">x</a>');
    expect(html('<a href="{{ .Identity.traits.home }}">x</a>')).toBe(
      '<a href="https://ada.example/?a=1&amp;b=2">x</a>',
    );
    expect(html('<a href="https://x.test/?to={{ .To }}&code={{ .RecoveryCode }}">x</a>')).toBe(
      '<a href="https://x.test/?to=ada%40example.test&code=123456">x</a>',
    );
    // It is not known whether the address has begun: the stricter rule.
    expect(html('<a href="{{ if .Empty }}https://x.test/{{ end }}{{ .Identity.traits.website }}">x</a>')).toBe(
      '<a href="#">x</a>',
    );
  });

  it.each([
    ['<script>let to = "{{ .To }}"</script>', 'inside <script>'],
    ['<style>p { color: {{ .To }} }</style>', 'inside <style>'],
    ['<script type="text/javascript">{{ .To }}</script>', 'inside <script>'],
    ['<p {{ .To }}>', 'inside a tag, not in quotes'],
    ['<a href={{ .To }}>x</a>', 'inside a tag, not in quotes'],
    ['<p onclick="x({{ .To }})">', 'in the attribute "onclick"'],
    ['<p style="color: {{ .To }}">', 'in the attribute "style"'],
    ['<!-- {{ .To }} -->', 'in a comment'],
    ['{{ if .To }}<p title="{{ end }}x', 'the branches of "if" end in different places'],
    ['<p', 'the HTML ends inside a tag'],
    ['<p title="{{ template "x" . }}">{{ define "x" }}y{{ end }}', '"template" stands outside of text'],
  ])('refuses %s', (source, problem) => {
    expect(() => compileTemplate(source, 'html')).toThrow(problem);
  });

  it('takes values after scripts, styles and comments, and conditions within tags', () => {
    expect(html('<style>p{}</style><!-- x --><p {{ if .To }}class="a"{{ end }} title="{{ .To }}">{{ .To }}</p>')).toBe(
      '<style>p{}</style><!-- x --><p class="a" title="ada@example.test">ada@example.test</p>',
    );
  });
});
