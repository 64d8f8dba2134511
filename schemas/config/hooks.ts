import { Type } from '@sinclair/typebox';
import { httpRequest } from './http-request.js';
import { list, oneOf, section } from './kinds.js';

/** A list of hooks of some kinds. */
export const hooks = <const W extends readonly string[]>(kinds: W, description: string) =>
  list(
    section('One hook.', {
      hook: oneOf(kinds, { description: 'What to do.' }),
      config: Type.Optional(
        httpRequest(
          '`web_hook`: the request. docs/web-hooks.md describes what it holds and how it is signed.',
          'Its body: `file://` or `base64://`, a JSON document in which texts are templates. Without one, the body holds all there is to tell. Kratos has Jsonnet here, which is ignored.',
        ),
      ),
    }),
    { description, default: [] },
  );
