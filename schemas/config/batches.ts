import { count, section, text } from './kinds.js';

/** `batches`: many people at once. */
export const batches = section('Many people at once, by `POST /admin/batches`. Of this project.', {
  upload_size: text('size', { description: 'The largest upload taken.', default: '256MB' }),
  max_rows: count(
    { minimum: 1, maximum: 10_000_000 },
    { description: 'The most rows that one batch may have.', default: 1_000_000 },
  ),
  mails_per_second: count(
    { minimum: 1, maximum: 10_000 },
    { description: 'How many mails a batch sends each second, unless it asks for fewer.', default: 10 },
  ),
});
