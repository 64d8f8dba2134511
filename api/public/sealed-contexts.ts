/** What a sealed TOTP secret is sealed for. */
export function totpContext(identityId: string): string {
  return `totp|${identityId}`;
}

/** What sealed backup codes are sealed for. */
export function lookupContext(identityId: string): string {
  return `lookup_secret|${identityId}`;
}
