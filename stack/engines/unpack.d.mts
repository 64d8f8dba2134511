/** See `unpack.mjs`. */
export function unzip(archive: Buffer): Map<string, Buffer>;
export function untarOne(archive: Buffer, wanted: string): Buffer;
