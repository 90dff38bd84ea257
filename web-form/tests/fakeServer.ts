/** A server in one function: answers fetch calls from a table of routes and remembers what it was asked. */

export interface FakeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
  signal: AbortSignal | undefined;
}

export type Handler = (request: FakeRequest) => Response | Promise<Response>;
export type Routes = Record<string, Handler>;

export function jsonResponse(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(body === null ? null : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** A promise with its handle, to hold an answer back until a test lets it go. */
export function held() {
  let release: (response: Response) => void = () => {};
  const promise = new Promise<Response>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

/**
 * `routes` maps "METHOD /path" (without /api/v1 and query) to a handler; one that rejects is a
 * network failure. What is not in the table answers 404.
 */
export function fakeServer(routes: Routes) {
  const requests: FakeRequest[] = [];
  const fetch = async (url: string, { method = 'GET', headers, body, signal }: RequestInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const path = pathname.replace('/api/v1', '');
    const request: FakeRequest = {
      method,
      path,
      query: searchParams,
      headers: new Headers(headers),
      body: typeof body === 'string' ? (JSON.parse(body) as unknown) : (body ?? undefined),
      signal: signal ?? undefined,
    };
    requests.push(request);
    const handler = routes[`${method} ${path}`];
    if (!handler) return jsonResponse(404, { error: 'not_found', detail: 'not found' });
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
    return Promise.race([Promise.resolve(handler(request)), aborted]);
  };
  const asked = (method: string, path: string) =>
    requests.filter((request) => request.method === method && request.path === path);
  return { fetch, requests, asked, routes };
}

/** A server-sent events response that a test writes to. */
export function eventStream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isCancelled = false;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel() {
      isCancelled = true;
    },
  });
  const write = (text: string) => controller?.enqueue(encoder.encode(text));
  return {
    body,
    response: new Response(body, { status: 200, headers: { 'Content-Type': 'text/event-stream' } }),
    write,
    sendTicket: (ticket: unknown) => write(`event: ticket\ndata: ${JSON.stringify(ticket)}\n\n`),
    close: () => controller?.close(),
    isCancelled: () => isCancelled,
  };
}
