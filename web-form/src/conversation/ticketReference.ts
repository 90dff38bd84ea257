/** Reads ticket number and access token as they stand in a link's fragment: #TKT-XXXXXXXX.token */
import type { TicketReference } from '../api/customer';

const REFERENCE = /(TKT-[0-9A-Z]{8,})(?:\.([A-Za-z0-9._~=+/-]+))?/i;

/** Takes a link, a fragment, "number.token" or a bare number (its token is ''); null when there is no number in it. */
export function parseReference(text: string): TicketReference | null {
  const [, ticketId, token = ''] = REFERENCE.exec(text) ?? [];
  return ticketId ? { ticketId: ticketId.toUpperCase(), token } : null;
}

export function conversationPath({ ticketId, token }: TicketReference): string {
  return `/ticket/#${ticketId}.${token}`;
}
