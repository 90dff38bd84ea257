/** The calls that a customer's pages make. */
import { createClient, type ClientOptions } from './client';
import type { Schemas, SupportRequest } from './types';

/** A ticket's number with the token that opens it. */
export interface TicketReference {
  ticketId: string;
  token: string;
}

interface Cancellable {
  signal?: AbortSignal;
}

const EVENTS = '/api/v1/tickets/{ticket_id}/events';

export function createCustomerApi(options: ClientOptions = {}) {
  const client = createClient(options);
  const of = ({ ticketId, token }: TicketReference) => ({
    path: { ticket_id: ticketId },
    header: { 'X-Ticket-Token': token },
  });

  return {
    /** The same key with the same text is one request, however often it is sent. */
    submitForm: (form: SupportRequest, idempotencyKey: string) =>
      client.post('/api/v1/support/form', { body: form, header: { 'idempotency-key': idempotencyKey } }),

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
