import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

/** Whom a batch of recoveries is about, without an upload. The conditions are combined. */
export const BatchFilter = Type.Object(
  {
    /** Must be given when nothing else is: nobody means everybody by an empty filter. */
    everyone: Type.Optional(Type.Literal(true)),
    schema_id: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    state: Type.Optional(Type.Unsafe<'active' | 'inactive'>({ type: 'string', enum: ['active', 'inactive'] })),
    /** At this time or later. */
    created_after: Type.Optional(Type.String({ format: 'date-time' })),
    created_before: Type.Optional(Type.String({ format: 'date-time' })),
    /** Domain of one of the recovery addresses. */
    email_domain: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^[^@%_\\\\\\s]+$' })),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type BatchFilter = Static<typeof BatchFilter>;

/** Body of `POST /admin/batches?kind=recover` as JSON. */
export const FilteredBatchBody = Type.Object({ filter: BatchFilter }, { additionalProperties: false });
