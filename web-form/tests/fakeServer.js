/** A server in one function: answers fetch calls from a table of routes and remembers what it was asked. */

export function jsonResponse(status, body, headers = {}) {
  return new Response(body === null ? null : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** A promise with its handles, to hold an answer back until a test lets it go. */
export function held() {
  let release;
  const promise = new Promise((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

/**
 * `routes` maps "METHOD /path" (without /api/v1 and query) to a handler (request) => Response,
 * or throws for a network failure. What is not in the table answers 404.
 */
export function fakeServer(routes) {
  const requests = [];
  const fetch = async (url, { method = 'GET', headers = {}, body, signal } = {}) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const path = pathname.replace('/api/v1', '');
    const request = { method, path, query: searchParams, headers, body: body ? JSON.parse(body) : undefined, signal };
    requests.push(request);
    const handler = routes[`${method} ${path}`];
    if (!handler) return jsonResponse(404, { error: 'not_found', detail: 'not found' });
    const aborted = new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
    return Promise.race([Promise.resolve(handler(request)), aborted]);
  };
  const asked = (method, path) => requests.filter((request) => request.method === method && request.path === path);
  return { fetch, requests, asked, routes };
}

/** A server-sent events response that a test writes to. */
export function eventStream() {
  let controller;
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(given) {
      controller = given;
    },
  });
  return {
    response: new Response(body, { status: 200, headers: { 'Content-Type': 'text/event-stream' } }),
    write: (text) => controller.enqueue(encoder.encode(text)),
    sendTicket: (ticket) => controller.enqueue(encoder.encode(`event: ticket\ndata: ${JSON.stringify(ticket)}\n\n`)),
    close: () => controller.close(),
  };
}
