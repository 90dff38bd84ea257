/** The requests sent from this browser tab, newest first, so that a reload loses no access token. */
import { readStored, writeStored } from './tabStorage';

const SLOT = 'support.recent';
const MOST = 5;

export function readRecentTickets() {
  return readStored(SLOT) ?? [];
}

export function rememberTicket({ ticketId, token, subject }) {
  const others = readRecentTickets().filter((ticket) => ticket.ticketId !== ticketId);
  writeStored(SLOT, [{ ticketId, token, subject }, ...others].slice(0, MOST));
}
