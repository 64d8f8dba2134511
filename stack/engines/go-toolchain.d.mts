/** See `go-toolchain.mjs`. */
export function directoryHash(files: Iterable<[string, Buffer]>): string;
