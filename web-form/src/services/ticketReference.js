/** Ticket number and access token, as they stand in a link's fragment: #TKT-XXXXXXXX.token */
const REFERENCE = /(TKT-[0-9A-Z]{8,})(?:\.([A-Za-z0-9._~=+/-]+))?/i;

/** Takes a link, a fragment, "number.token" or a bare number; null when there is no number in it. */
export function parseReference(text) {
  const match = REFERENCE.exec(text ?? '');
  if (!match) return null;
  return { ticketId: match[1].toUpperCase(), token: match[2] ?? '' };
}

export function conversationPath({ ticketId, token }) {
  return `/ticket/#${ticketId}.${token}`;
}
