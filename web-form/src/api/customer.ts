/** The calls that a customer's pages make. */
import { solve } from './challenge';
import { createClient, type ClientOptions } from './client';
import { asApiError } from './errors';
import type { Schemas, SupportRequest } from './types';

/** A ticket's number with the token that opens it. */
export interface TicketReference {
  ticketId: string;
  token: string;
}

interface Cancellable {
  signal?: AbortSignal;
}

/** A challenge ends after minutes: a computer that slept over its work is asked once more. */
const MOST_CHALLENGES = 2;

const EVENTS = '/api/v1/tickets/{ticket_id}/events';

export function createCustomerApi(options: ClientOptions = {}) {
  const client = createClient(options);
  const of = ({ ticketId, token }: TicketReference) => ({
    path: { ticket_id: ticketId },
    header: { 'X-Ticket-Token': token },
  });

  return {
    /** The same key with the same text is one request, however often it is sent. Solves a challenge of the server's. */
    submitForm: async (form: SupportRequest, idempotencyKey: string) => {
      let solution: string | null = null;
      for (let challenges = 0; ; challenges += 1) {
        try {
          return await client.post('/api/v1/support/form', {
            body: form,
            header: { 'idempotency-key': idempotencyKey, 'challenge-solution': solution },
          });
        } catch (thrown) {
          const { challenge } = asApiError(thrown);
          if (!challenge || challenges === MOST_CHALLENGES) throw thrown;
          solution = await solve(challenge, idempotencyKey, JSON.stringify(form));
        }
      }
    },

    getTicket: (reference: TicketReference, { signal }: Cancellable = {}) =>
      client.get('/api/v1/tickets/{ticket_id}', { ...of(reference), signal }),

    /** The same key with the same text is one message, however often it is sent. */
    sendMessage: (reference: TicketReference, message: string, idempotencyKey: string) => {
      const { path, header } = of(reference);
      return client.post('/api/v1/tickets/{ticket_id}/messages', {
        path,
        header: { ...header, 'idempotency-key': idempotencyKey },
        body: { message },
      });
    },

    askForPerson: (reference: TicketReference) => client.post('/api/v1/tickets/{ticket_id}/human', of(reference)),

    sendFeedback: (reference: TicketReference, feedback: Schemas['Feedback']) =>
      client.post('/api/v1/tickets/{ticket_id}/feedback', { ...of(reference), body: feedback }),

    suggestArticles: (query: string, { signal }: Cancellable = {}) =>
      client.get('/api/v1/knowledge/suggestions', { query: { q: query }, signal }),

    /** Server-sent events; each `ticket` event holds the whole ticket. */
    openTicketEvents: (reference: TicketReference, { signal }: Cancellable = {}) =>
      client.open(EVENTS, { ...of(reference), signal }),
  };
}

export type CustomerApi = ReturnType<typeof createCustomerApi>;

export const customerApi = createCustomerApi();
