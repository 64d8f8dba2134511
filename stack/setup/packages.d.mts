/** See `packages.mjs`. */
export function packagesAreFresh(root: string): boolean;
