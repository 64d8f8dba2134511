/** A recording that is played. */
export interface PlayedRecording {
  /** The number of the recording, after a remark when it is played in more ways than one. */
  id: string;
  file: string;
  title: string;
  /** A name in `configurations.ts`. */
  config: string;
}

function recording(file: string, title: string, config = 'base', remark = ''): PlayedRecording {
  return { id: `${remark}${file.slice(0, 2)}`, file, title, config };
}

/** In the order in which they are played. */
export const RECORDINGS: readonly PlayedRecording[] = [
  recording('01-health-version-schemas', 'Health, version, schemas, unknown routes'),
  recording('02-admin-identities-create', 'Creating identities'),
  recording('03-admin-identity-get-put-patch-delete', 'Reading, replacing, patching, deleting an identity'),
  recording('05-admin-identities-batch', 'Creating identities in a batch'),
  recording('06-admin-recovery-code', "An administrator's code: inputs and answers"),
  recording('07-admin-code-use-api', "An administrator's code in an app, to the new password"),
  recording('08-selfservice-code-api', 'Recovery by code in an app'),
  recording('10-selfservice-code-browser', 'Recovery by code in a browser'),
  recording('11-attempt-limit', 'Five wrong codes'),
  recording('12-resend', 'Asking for the code again'),
  recording('14-unknown-email', 'An unknown address'),
  recording('15-unknown-email-notify', 'An unknown address that is told so', 'notify'),
  recording('16-flow-expired', 'Expired flows', 'shortflow'),
  recording('17-flow-expired-nocw', 'Expired flows, without continue_with', 'shortflow-nocw'),
  recording('18-continue-with-off', 'Recovery without continue_with', 'nocw'),
  recording('19-selfservice-link', 'Recovery by link', 'link'),
  recording('19-selfservice-link', 'Recovery by link, with `consume_on_get`', 'link-on-get', 'on GET '),
  recording('20-admin-recovery-link', "An administrator's link"),
  recording('20-admin-recovery-link', "An administrator's link, with `consume_on_get`", 'on-get', 'on GET '),
  recording('21-code-expired', 'Expired codes', 'shortcode'),
  recording('23-privileged-session-expired', 'The privileged time is over', 'shortpriv'),
  recording('24-breached-password', 'A password known from breaches', 'hibp'),
  recording('25-revoke-active-sessions', 'Ending other sessions', 'revoke'),
  recording('26-verification', 'Verifying an address'),
  recording('27-courier-messages', 'What became of mails', 'courier'),
  recording('29-disabled', 'Recovery or a method switched off', 'disabled'),
  recording('31-production-mode', 'Outside development', 'nodev'),
  recording('43-many-codes-one-person', 'Several codes of one person'),
  recording('46-cors-and-headers', 'Other origins, and headers'),
];
