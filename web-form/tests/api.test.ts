import { describe, expect, it } from 'vitest';

import { createCustomerApi } from '../src/api/customer';
import { ApiError, readRetryAfter } from '../src/api/errors';
import { readEvents } from '../src/api/eventStream';
import { politePauseMs, withJitter } from '../src/api/retry';
import { createStaffClient } from '../src/api/staff';
import type { SupportRequest } from '../src/api/types';
import { parseReference } from '../src/conversation/ticketReference';
import { explainFailure } from '../src/failures';
import { forgetKey, keyFor } from '../src/storage/idempotency';
import { eventStream, fakeServer, held, jsonResponse } from './fakeServer';

const REFERENCE = { ticketId: 'TKT-7F3K9QXA', token: 'secret' };
const FORM: SupportRequest = {
  name: 'Dana',
  email: 'dana@example.com',
  subject: 'Reset link',
  category: 'technical',
  priority: 'medium',
  message: 'No reset link arrives.',
};

describe('api', () => {
  it('sends the form with its idempotency key', async () => {
    const server = fakeServer({ 'POST /support/form': () => jsonResponse(201, { ticket_id: 'TKT-7F3K9QXA' }) });
    const answer = await createCustomerApi({ fetch: server.fetch }).submitForm(FORM, 'key-1');
    expect(answer.ticket_id).toBe('TKT-7F3K9QXA');
    expect(server.requests[0]?.headers.get('Idempotency-Key')).toBe('key-1');
    expect(server.requests[0]?.body).toEqual(FORM);
  });

  it('fills in the path, leaves out what has no value', async () => {
    const server = fakeServer({ 'GET /staff/conversations/a%2Fb': () => jsonResponse(200, {}) });
    const client = createStaffClient({ fetch: server.fetch });
    await client.get('/api/v1/staff/conversations/{conversation_id}', { path: { conversation_id: 'a/b' } });
    expect(server.requests).toHaveLength(1);
    await client.get('/api/v1/staff/conversations', { query: { reason: 'refund', channel: null } }).catch(() => {});
    expect(server.requests[1]?.query.toString()).toBe('reason=refund');
  });

  it('keeps the token out of the address', async () => {
    const server = fakeServer({ 'GET /tickets/TKT-7F3K9QXA': () => jsonResponse(200, {}) });
    await createCustomerApi({ fetch: server.fetch }).getTicket(REFERENCE);
    expect(server.requests[0]?.headers.get('X-Ticket-Token')).toBe('secret');
    expect([...(server.requests[0]?.query.keys() ?? ['none'])]).toEqual([]);
  });

  it.each<[number, Record<string, string>, string]>([
    [400, {}, 'invalid'],
    [401, {}, 'unauthorized'],
    [403, {}, 'forbidden'],
    [404, {}, 'absent'],
    [409, {}, 'conflict'],
    [413, {}, 'too_large'],
    [429, { 'Retry-After': '7' }, 'throttled'],
    [500, {}, 'failed'],
    [503, { 'Retry-After': '9' }, 'unavailable'],
  ])('turns %i into one kind of error', async (status, headers, kind) => {
    const server = fakeServer({
      'POST /support/form': () => jsonResponse(status, { error: 'x', detail: 'why', fields: { name: 'no' } }, headers),
    });
    const error = await createCustomerApi({ fetch: server.fetch })
      .submitForm(FORM, 'k')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind, status, detail: 'why', fields: { name: 'no' } });
    expect(error).toHaveProperty('retryAfterSeconds', headers['Retry-After'] ? Number(headers['Retry-After']) : null);
  });

  it('reads a failure that is no JSON', async () => {
    const fetch = async () => new Response('<h1>Bad gateway</h1>', { status: 502 });
    await expect(createCustomerApi({ fetch }).getTicket(REFERENCE)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('tells a server that is down from one that is late', async () => {
    const down = createCustomerApi({ fetch: () => Promise.reject(new TypeError('Failed to fetch')) });
    await expect(down.submitForm(FORM, 'k')).rejects.toMatchObject({ kind: 'network' });
    const server = fakeServer({ 'POST /support/form': () => held().promise });
    const late = createCustomerApi({ fetch: server.fetch, timeoutMs: 5 });
    await expect(late.submitForm(FORM, 'k')).rejects.toMatchObject({ kind: 'timeout' });
  });
});

describe('idempotency key', () => {
  it('stays the same for the same text, also after a reload', () => {
    expect(keyFor('slot', { message: 'one' })).toBe(keyFor('slot', { message: 'one' }));
  });

  it('changes with the text and after success', () => {
    const first = keyFor('slot', { message: 'one' });
    const second = keyFor('slot', { message: 'two' });
    expect(second).not.toBe(first);
    forgetKey('slot');
    expect(keyFor('slot', { message: 'two' })).not.toBe(second);
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('ticket reference', () => {
  it.each([
    ['https://example.com/ticket/#TKT-7F3K9QXA.ab_c-1', { ticketId: 'TKT-7F3K9QXA', token: 'ab_c-1' }],
    ['tkt-7f3k9qxa', { ticketId: 'TKT-7F3K9QXA', token: '' }],
    ['TKT-7F3K9QXA.a.b', { ticketId: 'TKT-7F3K9QXA', token: 'a.b' }],
    ['TKT-12', null],
    ['', null],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });
});

describe('event stream', () => {
  const read = async (write: (stream: ReturnType<typeof eventStream>) => void) => {
    const stream = eventStream();
    const events: [string, string][] = [];
    write(stream);
    stream.close();
    await readEvents(stream.body, (name, data) => events.push([name, data]), { silenceMs: 1_000 });
    return events;
  };

  it('puts events together from pieces, and skips heartbeats', async () => {
    const events = await read(({ write }) => {
      write(': heartbeat\n\nevent: tic');
      write('ket\r\ndata: {"a":\r');
      write('\ndata: 1}\n\n');
      write('data: x\n\n');
    });
    expect(events).toEqual([
      ['ticket', '{"a":\n1}'],
      ['message', 'x'],
    ]);
  });

  it('is given up when nothing comes at all, heartbeats included', async () => {
    const stream = eventStream();
    await expect(readEvents(stream.body, () => {}, { silenceMs: 5 })).rejects.toThrow('silent');
    expect(stream.isCancelled()).toBe(true);
  });
});

describe('the pause before a call is made again', () => {
  const refusal = (retryAfterSeconds: number | null) => new ApiError({ kind: 'unavailable', retryAfterSeconds });

  it('grows up to its limit', () => {
    expect([0, 1, 2, 9].map((failures) => politePauseMs(failures, refusal(null)))).toEqual([2_000, 4_000, 8_000, 60_000]);
  });

  it('is never shorter than the server asked for', () => {
    expect(politePauseMs(0, refusal(90))).toBe(90_000);
    const spread = Array.from({ length: 50 }, () => withJitter(90_000));
    expect(Math.min(...spread)).toBeGreaterThanOrEqual(90_000);
    expect(new Set(spread).size).toBeGreaterThan(1);
  });

  it('is read from a number of seconds or from a date', () => {
    const now = Date.parse('2026-01-05T10:00:00Z');
    expect(readRetryAfter(new Headers({ 'Retry-After': '7' }), now)).toBe(7);
    expect(readRetryAfter(new Headers({ 'Retry-After': 'Mon, 05 Jan 2026 10:00:30 GMT' }), now)).toBe(30);
    expect(readRetryAfter(new Headers({ 'Retry-After': 'soon' }), now)).toBeNull();
  });
});

describe('explainFailure', () => {
  it.each(['network', 'timeout', 'too_large', 'throttled', 'unavailable', 'failed'] as const)('says that text is kept after %s', (kind) => {
    expect(explainFailure(new ApiError({ kind })).advice).toContain('still here');
  });

  it('names the time that the server asked for', () => {
    expect(explainFailure(new ApiError({ kind: 'throttled', retryAfterSeconds: 23 })).advice).toContain('in 23 seconds');
    expect(explainFailure(new ApiError({ kind: 'unavailable', retryAfterSeconds: 300 })).advice).toContain('5 minutes');
  });
});
