/** Keeps a ticket up to date: server-sent events where they work, polling with backoff where not. */
import { readEvents } from './eventStream';

const TIMING = { silenceMs: 45_000, firstPollMs: 3_000, longestPollMs: 30_000, reconnectMs: 1_000 };

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Runs until `signal` aborts or the ticket turns out to be unknown. `onTicket(ticket)` gets every
 * state, `onConnection` one of live, polling, offline; `onFailure(error)` the first load's failure.
 */
export async function followTicket({ api, ticketId, token, onTicket, onConnection, onFailure, signal, timing = {} }) {
  const { silenceMs, firstPollMs, longestPollMs, reconnectMs } = { ...TIMING, ...timing };
  let streamWorks = true;
  let lastSeen = '';
  let waitMs = firstPollMs;

  const accept = (ticket) => {
    const seen = JSON.stringify(ticket);
    if (seen === lastSeen) return false;
    lastSeen = seen;
    onTicket(ticket);
    return true;
  };

  while (!signal.aborted) {
    try {
      const isNew = accept(await api.getTicket(ticketId, token, { signal }));
      waitMs = isNew ? firstPollMs : Math.min(waitMs * 1.5, longestPollMs);
    } catch (error) {
      if (signal.aborted) return;
      onFailure(error);
      if (error.kind === 'absent') return;
      onConnection('offline');
      await pause(Math.max(waitMs, (error.retryAfterSeconds ?? 0) * 1000), signal);
      waitMs = Math.min(waitMs * 2, longestPollMs);
      continue;
    }
    if (streamWorks) {
      try {
        const response = await api.openTicketEvents(ticketId, token, { signal });
        onConnection('live');
        await readEvents(
          response,
          ({ event, data }) => {
            if (event === 'ticket') accept(JSON.parse(data));
          },
          { silenceMs },
        );
        waitMs = firstPollMs;
        await pause(reconnectMs, signal);
        continue;
      } catch (error) {
        if (signal.aborted) return;
        // The ticket itself was just read, so "absent" means that this server has no stream.
        if (error.kind === 'absent') streamWorks = false;
      }
    }
    if (signal.aborted) return;
    onConnection('polling');
    await pause(waitMs, signal);
  }
}
