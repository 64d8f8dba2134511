import type { Session } from '../activities/store/sessions.js';
import type { JsonObject, JsonValue } from '../schemas/json.js';

/** A session as its owner sees it, with Kratos' order of keys. `identity` is an `identityView`. */
export function sessionView(session: Session, identity: JsonObject, now: Date): JsonObject {
  return { ...common(session, now), identity, devices: devicesOf(session) };
}

/** A session as administrators see it. The parts that were not asked for are left out. */
export function adminSessionView(
  session: Session,
  parts: { devices: boolean; identity?: JsonObject | undefined },
  now: Date,
): JsonObject {
  return {
    ...common(session, now),
    ...(parts.devices && { devices: devicesOf(session) }),
    ...(parts.identity && { identity: parts.identity }),
  };
}

/** True while the session signs its owner in. */
export function isLive(session: Session, now: Date): boolean {
  return session.active && session.expires_at > now;
}

function common(session: Session, now: Date): JsonObject {
  return {
    id: session.id,
    active: isLive(session, now),
    expires_at: session.expires_at.toISOString(),
    authenticated_at: session.authenticated_at.toISOString(),
    authenticator_assurance_level: session.aal,
    authentication_methods: session.methods.map(({ method, aal, completed_at }) => ({ method, aal, completed_at })),
    issued_at: session.issued_at.toISOString(),
  };
}

function devicesOf(session: Session): JsonValue {
  return session.devices.map(({ id, ip_address, user_agent, location }) => ({ id, ip_address, user_agent, location }));
}
