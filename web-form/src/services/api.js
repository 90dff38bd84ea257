/** The calls a customer's page makes. */
import { createRequest, errorFromResponse, ApiError } from './http';

export const API_BASE = '/api/v1';

export function createApi({ fetch: send = (...args) => globalThis.fetch(...args), baseUrl = API_BASE, timeoutMs = 30_000 } = {}) {
  const request = createRequest({ fetch: send, baseUrl, timeoutMs });
  const ticketPath = (ticketId, rest = '') => `/tickets/${encodeURIComponent(ticketId)}${rest}`;
  const withToken = (token) => ({ 'X-Ticket-Token': token });

  return {
    /** The same key with the same text is one request, however often it is sent. */
    submitForm: (form, idempotencyKey) =>
      request('/support/form', { method: 'POST', body: form, headers: { 'Idempotency-Key': idempotencyKey } }),

    getTicket: (ticketId, token, { signal } = {}) =>
      request(ticketPath(ticketId), { headers: withToken(token), signal }),

    sendMessage: (ticketId, token, message, idempotencyKey) =>
      request(ticketPath(ticketId, '/messages'), {
        method: 'POST',
        body: { message },
        headers: { ...withToken(token), 'Idempotency-Key': idempotencyKey },
      }),

    askForPerson: (ticketId, token) =>
      request(ticketPath(ticketId, '/human'), { method: 'POST', headers: withToken(token) }),

    sendFeedback: (ticketId, token, feedback) =>
      request(ticketPath(ticketId, '/feedback'), { method: 'POST', body: feedback, headers: withToken(token) }),

    suggestArticles: (query, { signal } = {}) =>
      request(`/knowledge/suggestions?q=${encodeURIComponent(query)}`, { signal }),

    /** Resolves to the raw response, whose body streams server-sent events; no deadline. */
    async openTicketEvents(ticketId, token, { signal } = {}) {
      let response;
      try {
        response = await send(baseUrl + ticketPath(ticketId, '/events'), {
          headers: { Accept: 'text/event-stream', ...withToken(token) },
          cache: 'no-store',
          credentials: 'same-origin',
          signal,
        });
      } catch (error) {
        if (signal?.aborted) throw error;
        throw new ApiError({ kind: 'network' });
      }
      if (!response.ok) throw await errorFromResponse(response);
      return response;
    },
  };
}

export const api = createApi();
