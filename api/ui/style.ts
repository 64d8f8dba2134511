/**
 * The one style sheet of the service's own pages. Colours come in a light and a dark set; each pair of text and ground
 * has a contrast of at least 4.5 to 1, borders of fields at least 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11).
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --ground: #f2f4f7; --card: #fff; --line: #d9dee6; --text: #1b1f27; --soft: #545d6c; --field: #7b8494;
  --accent: #1d4ed8; --on-accent: #fff; --accent-over: #1e3fae;
  --info: #e9effd; --good: #e6f4ea; --good-edge: #1a7f37; --bad: #fdebea; --bad-edge: #b42318; --bad-text: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --card: #1b1f27; --line: #333b48; --text: #e7eaf0; --soft: #a9b2c1; --field: #7b8698;
    --accent: #8ab4ff; --on-accent: #0b1830; --accent-over: #adcbff;
    --info: #1e2c4a; --good: #17331f; --good-edge: #57c278; --bad: #43201e; --bad-edge: #ff8f85; --bad-text: #ffa49c;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; padding: clamp(1rem, 6vh, 5rem) 1rem 2rem; background: var(--ground); color: var(--text); }
main { max-width: 27rem; margin: 0 auto; padding: clamp(1.25rem, 5vw, 2.25rem); background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; overflow-wrap: anywhere; }
.sign { display: block; width: 2.75rem; height: 2.75rem; margin-bottom: 1rem; padding: 0.6rem; border-radius: 0.75rem; background: var(--info); color: var(--accent); }
h1 { margin: 0 0 0.75rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
h2 { margin: 0; font-size: 1.125rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
section { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
section.first { margin-top: 1.25rem; padding-top: 0; border-top: 0; }
form { display: grid; margin: 1.25rem 0 0; }
h2 + form { margin-top: 0; }
form + form { margin-top: 0.75rem; }
label { margin-top: 1rem; font-weight: 600; }
form > label:first-of-type { margin-top: 0; }
h2 + form > label:first-of-type { margin-top: 1rem; }
input, select { width: 100%; min-height: 2.875rem; margin-top: 0.35rem; padding: 0.5rem 0.75rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--field); border-radius: 0.5rem; }
input[autocomplete="one-time-code"] { font: 600 1.35rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: 0.3em; }
[aria-invalid] { border-color: var(--bad-edge); box-shadow: inset 0 0 0 1px var(--bad-edge); }
button { min-height: 2.875rem; margin-top: 1.25rem; padding: 0.6rem 1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: 0.5rem; cursor: pointer; }
button:hover { background: var(--accent-over); }
button.quiet { margin-top: 0; color: var(--accent); background: none; border-color: var(--field); }
button.quiet:hover { border-color: currentcolor; }
a { color: var(--accent); text-underline-offset: 0.2em; }
:is(input, select, button, a):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
:is(input, select):focus-visible { outline-width: 2px; outline-offset: 1px; }
.message { margin: 0 0 1rem; padding: 0.75rem 1rem; border-left: 0.25rem solid var(--accent); border-radius: 0.35rem; background: var(--info); }
.message.error { border-color: var(--bad-edge); background: var(--bad); }
.message.success { border-color: var(--good-edge); background: var(--good); }
.hint, .field-error { margin: 0.35rem 0 0; font-size: 0.9375rem; }
.hint, .detail { color: var(--soft); }
.field-error { color: var(--bad-text); font-weight: 600; }
img { display: block; max-width: 100%; height: auto; margin-bottom: 1rem; padding: 0.5rem; background: #fff; border-radius: 0.5rem; }
code { font: 0.9375rem/1.6 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.secrets { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.25rem 2.5rem; padding-left: 2rem; }
.ways { margin: 1.25rem 0 0; padding: 0; list-style: none; }
img { display: block; width: min(100%, 14rem); height: auto; margin: 0 auto 1rem; border-radius: 0.5rem; image-rendering: pixelated; }
.secret, .secrets { font: 600 1rem/1.8 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.secrets { margin: 0; padding-left: 2rem; columns: 2; }
.ways li + li { margin-top: 0.5rem; }
.detail { margin: 1.25rem 0 0; font-size: 0.875rem; }
`;
