/** Keeps the requests sent from this browser tab, newest first, so that a reload loses no access token. */
import { readStored, textsOf, writeStored } from './tabStorage';

const SLOT = 'support.recent';
const MOST = 5;

export interface RecentTicket {
  ticketId: string;
  token: string;
  subject: string;
}

export function readRecentTickets(): RecentTicket[] {
  const kept = readStored(SLOT);
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((item) => {
    const { ticketId, token, subject = '' } = textsOf(item);
    return ticketId && token ? [{ ticketId, token, subject }] : [];
  });
}

export function rememberTicket({ ticketId, token, subject }: RecentTicket): void {
  const others = readRecentTickets().filter((ticket) => ticket.ticketId !== ticketId);
  writeStored(SLOT, [{ ticketId, token, subject }, ...others].slice(0, MOST));
}
