/** See `postgres-links.mjs`. */
export function postgresLinksAreFresh(root: string): boolean;
export function makePostgresLinks(root: string): void;
