import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { createCustomerApi } from '../src/api/customer';
import type { Schemas, Ticket } from '../src/api/types';
import { ConversationPage } from '../src/conversation/ConversationPage';
import { expectAccessible } from './expectAccessible';
import { eventStream, fakeServer, held, jsonResponse, type Routes } from './fakeServer';
import { setVisible } from './visibility';

const PATH = '/tickets/TKT-7F3K9QXA';
const AT = '2026-01-05T10:00:00Z';
const message = (role: Schemas['TicketResponse']['role'], content: string): Schemas['TicketResponse'] => ({
  html: null,
  role,
  content,
  created_at: AT,
  channel: 'web_form',
});
const TICKET: Ticket = {
  ticket_id: 'TKT-7F3K9QXA',
  status: 'open',
  category: 'technical',
  priority: 'medium',
  subject: 'Reset link',
  source_channel: 'web_form',
  created_at: AT,
  updated_at: AT,
  owner: 'agent',
  escalation: null,
  state: 'waiting_for_us',
  state_text: 'We have your message and are working on an answer.',
  choices: [],
  responses: [message('customer', 'No reset link arrives.')],
};
const ANSWERED: Ticket = { ...TICKET, status: 'waiting_customer', state: 'waiting_for_customer', state_text: 'We have replied.', responses: [...TICKET.responses, message('agent', 'Please wait an hour.')] };

type Stream = ReturnType<typeof eventStream>;

/** A page over one ticket that a test may change; without `stream` the server has no events. */
function show({ ticket = TICKET, stream, routes = {} }: { ticket?: Ticket; stream?: Stream; routes?: Routes } = {}) {
  const state = { ticket };
  const server = fakeServer({
    [`GET ${PATH}`]: () => jsonResponse(200, state.ticket),
    [`GET ${PATH}/events`]: () => stream?.response ?? jsonResponse(404, {}),
    ...routes,
  });
  window.location.hash = '#TKT-7F3K9QXA.token-1';
  const view = render(<ConversationPage api={createCustomerApi({ fetch: server.fetch })} />);
  return { state, server, user: userEvent.setup({ advanceTimers: vi.advanceTimersByTime }), ...view };
}

const EVENTS = `${PATH}/events`;
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
});

describe('conversation page', () => {
  it('shows an answer as the stream brings it, with the token in a header', async () => {
    const stream = eventStream();
    const { server, container } = show({ stream });
    expect(await screen.findByText('No reset link arrives.')).toBeInTheDocument();
    expect(await screen.findByText(/^Live/)).toBeInTheDocument();
    await act(async () => stream.sendTicket(ANSWERED));
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    expect(screen.getByRole('log')).toHaveTextContent('Please wait an hour.');
    expect(server.asked('GET', EVENTS)[0]?.headers.get('X-Ticket-Token')).toBe('token-1');
    await expectAccessible(container);
  });

  it('polls where there is no stream', async () => {
    const { state, server } = show();
    await screen.findByText(/Checking for answers/);
    state.ticket = ANSWERED;
    await pass(15_000);
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    expect(server.asked('GET', EVENTS)).toHaveLength(1);
  });

  it('comes back after the server was away', async () => {
    const { server, container } = show({ routes: { [`GET ${PATH}`]: () => jsonResponse(503, {}) } });
    expect(await screen.findByText(/We keep trying/)).toBeInTheDocument();
    await expectAccessible(container);
    server.routes[`GET ${PATH}`] = () => jsonResponse(200, ANSWERED);
    await pass(3_000);
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
  });

  it('opens a new stream soon after one that ended by itself, and says nothing of it', async () => {
    const first = eventStream();
    const second = eventStream();
    const { server } = show({ stream: first });
    await screen.findByText(/^Live/);
    await pass(30_000);
    await act(async () => first.write(': heartbeat\n\n'));
    await pass(30_000);
    server.routes[`GET ${EVENTS}`] = () => second.response;
    await act(async () => first.close());
    expect(screen.getByText(/^Live/)).toBeInTheDocument();
    await pass(2_000);
    expect(server.asked('GET', EVENTS)).toHaveLength(2);
    await act(async () => second.sendTicket(ANSWERED));
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    expect(server.asked('GET', PATH)).toHaveLength(1);
  });

  it('opens a new stream in place of one that has gone silent', async () => {
    const { server } = show({ stream: eventStream() });
    await screen.findByText(/^Live/);
    server.routes[`GET ${EVENTS}`] = () => eventStream().response;
    await pass(40_000);
    expect(server.asked('GET', EVENTS)).toHaveLength(1);
    await pass(15_000);
    await waitFor(() => expect(server.asked('GET', EVENTS)).toHaveLength(2));
  });

  it.each([429, 503])('polls while the stream is refused with %i, and tries it again after the wait', async (status) => {
    const stream = eventStream();
    const refused = () => jsonResponse(status, {}, { 'Retry-After': '100' });
    const { server, state, container } = show({ routes: { [`GET ${EVENTS}`]: refused } });
    await screen.findByText(/Checking for answers/);
    await expectAccessible(container);
    expect(server.asked('GET', PATH)).toHaveLength(1);
    await pass(15_500);
    expect(server.asked('GET', PATH)).toHaveLength(2);
    expect(server.asked('GET', PATH)[1]?.headers.get('X-Ticket-Token')).toBe('token-1');
    state.ticket = ANSWERED;
    await pass(15_500);
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    await pass(60_000);
    expect(server.asked('GET', EVENTS)).toHaveLength(1);
    server.routes[`GET ${EVENTS}`] = () => stream.response;
    await pass(40_000);
    expect(server.asked('GET', EVENTS)).toHaveLength(2);
    expect(await screen.findByText(/^Live/)).toBeInTheDocument();
    const polled = server.asked('GET', PATH).length;
    await act(async () => stream.write(': heartbeat\n\n'));
    await pass(40_000);
    expect(server.asked('GET', PATH)).toHaveLength(polled);
  });

  it('polls once a minute after five minutes without news', async () => {
    const { server } = show({ routes: { [`GET ${EVENTS}`]: () => jsonResponse(503, {}, { 'Retry-After': '3600' }) } });
    await screen.findByText(/Checking for answers/);
    await pass(5 * 60_000);
    const before = server.asked('GET', PATH).length;
    expect(before).toBeGreaterThan(18);
    await pass(5 * 60_000);
    expect(server.asked('GET', PATH).length - before).toBeLessThanOrEqual(6);
    expect(server.asked('GET', PATH).length - before).toBeGreaterThanOrEqual(4);
  });

  it('hammers no server that ends or refuses every stream at once', async () => {
    const ended = () => new Response('', { status: 200, headers: { 'Content-Type': 'text/event-stream' } });
    const { server } = show({ routes: { [`GET ${EVENTS}`]: ended } });
    await screen.findByText('No reset link arrives.');
    await pass(10 * 60_000);
    expect(server.asked('GET', EVENTS).length).toBeLessThan(10);
    server.routes[`GET ${EVENTS}`] = () => Promise.reject(new TypeError('Failed to fetch'));
    await pass(10 * 60_000);
    expect(server.asked('GET', EVENTS).length).toBeLessThan(15);
  });

  it('closes the stream of a hidden tab, and is up to date when it is shown again', async () => {
    const streams = [eventStream(), eventStream()];
    const [first, second] = streams;
    const { server, state } = show({ routes: { [`GET ${EVENTS}`]: () => streams.shift()?.response ?? jsonResponse(503, {}) } });
    await screen.findByText(/^Live/);
    await setVisible(false);
    await waitFor(() => expect(first?.isCancelled()).toBe(true));
    state.ticket = ANSWERED;
    await pass(10 * 60_000);
    expect(server.asked('GET', PATH)).toHaveLength(1);
    expect(server.asked('GET', EVENTS)).toHaveLength(1);
    await setVisible(true);
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    expect(server.asked('GET', PATH)).toHaveLength(2);
    expect(await screen.findByText(/^Live/)).toBeInTheDocument();
    expect(second?.isCancelled()).toBe(false);
  });

  it('keeps to the wait of a refusal however often the tab is hidden and shown', async () => {
    const { server } = show({ routes: { [`GET ${EVENTS}`]: () => jsonResponse(503, {}, { 'Retry-After': '100' }) } });
    await screen.findByText(/Checking for answers/);
    for (let times = 0; times < 5; times += 1) {
      await setVisible(false);
      await pass(5_000);
      await setVisible(true);
      await pass(5_000);
    }
    expect(server.asked('GET', EVENTS)).toHaveLength(1);
  });

  it('helps on when the request is unknown', async () => {
    const { container } = show({ routes: { [`GET ${PATH}`]: () => jsonResponse(404, {}) } });
    expect(await screen.findByRole('heading', { name: 'This request could not be found' })).toBeInTheDocument();
    expect(screen.getByLabelText('Ticket number or link')).toHaveValue('TKT-7F3K9QXA');
    await expectAccessible(container);
  });

  it('sends a follow-up once and shows it', async () => {
    const { state, server, user } = show({
      ticket: ANSWERED,
      routes: {
        [`POST ${PATH}/messages`]: ({ body }) => {
          const { message: text } = body as Schemas['FollowUp'];
          state.ticket = { ...ANSWERED, responses: [...ANSWERED.responses, message('customer', text)] };
          return jsonResponse(201, {});
        },
      },
    });
    await user.type(await screen.findByLabelText('Add to this conversation'), 'It worked');
    await user.dblClick(screen.getByRole('button', { name: 'Send message' }));
    expect(await screen.findByText('It worked', { selector: '.message-text' })).toBeInTheDocument();
    expect(screen.getByLabelText('Add to this conversation')).toHaveValue('');
    expect(server.asked('POST', `${PATH}/messages`)).toHaveLength(1);
  });

  it('keeps a follow-up that failed', async () => {
    const { user } = show({ routes: { [`POST ${PATH}/messages`]: () => jsonResponse(503, {}) } });
    await user.type(await screen.findByLabelText('Add to this conversation'), 'It worked');
    await user.click(screen.getByRole('button', { name: 'Send message' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('still here');
    expect(screen.getByLabelText('Add to this conversation')).toHaveValue('It worked');
  });

  it('sends a refused follow-up again by itself, once and under one key', async () => {
    const { server, user } = show({ routes: { [`POST ${PATH}/messages`]: () => jsonResponse(429, {}, { 'Retry-After': '5' }) } });
    await user.type(await screen.findByLabelText('Add to this conversation'), 'It worked');
    await user.click(screen.getByRole('button', { name: 'Send message' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('sends it again by itself');
    server.routes[`POST ${PATH}/messages`] = () => jsonResponse(201, {});
    await pass(13_000);
    await waitFor(() => expect(screen.getByLabelText('Add to this conversation')).toHaveValue(''));
    const keys = server.asked('POST', `${PATH}/messages`).map(({ headers }) => headers.get('Idempotency-Key'));
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  it('keeps what is typed while the last message is on its way', async () => {
    const gate = held();
    const { user } = show({ routes: { [`POST ${PATH}/messages`]: () => gate.promise } });
    await user.type(await screen.findByLabelText('Add to this conversation'), 'It worked');
    await user.click(screen.getByRole('button', { name: 'Send message' }));
    await user.type(screen.getByLabelText('Add to this conversation'), ', thank you');
    gate.release(jsonResponse(201, {}));
    expect(await screen.findByText('Your message was sent.')).toBeInTheDocument();
    expect(screen.getByLabelText('Add to this conversation')).toHaveValue('It worked, thank you');
  });

  it('offers the topics of our last reply as buttons and answers with the one that is pressed', async () => {
    const offering: Ticket = { ...ANSWERED, choices: ['Reset your password', 'Change your e-mail address'] };
    const { state, server, user, container } = show({
      ticket: offering,
      routes: {
        [`POST ${PATH}/messages`]: ({ body }) => {
          const { message: text } = body as Schemas['FollowUp'];
          state.ticket = { ...ANSWERED, responses: [...ANSWERED.responses, message('customer', text)] };
          return jsonResponse(201, {});
        },
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Change your e-mail address' }));
    expect(await screen.findByText('Change your e-mail address', { selector: '.message-text' })).toBeInTheDocument();
    expect(server.asked('POST', `${PATH}/messages`)).toHaveLength(1);
    expect(screen.queryByRole('button', { name: 'Reset your password' })).toBeNull();
    await expectAccessible(container);
  });

  it('gets a person with one click and says why in friendly words', async () => {
    const { state, server, user, container } = show({
      ticket: ANSWERED,
      routes: {
        [`POST ${PATH}/human`]: () => {
          state.ticket = { ...ANSWERED, status: 'escalated', owner: 'human', escalation: { reason: 'human_request' }, state: 'waiting_for_person', state_text: 'Your message waits for a person.' };
          return jsonResponse(202, {});
        },
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Ask for a person' }));
    expect(await screen.findByText(/You asked for a person/)).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Ask for a person' })).not.toBeInTheDocument();
    expect(screen.getByRole('heading', { level: 1 })).toHaveFocus();
    expect(server.asked('POST', `${PATH}/human`)).toHaveLength(1);
    await expectAccessible(container);
  });

  it('says that a person is on it only once somebody has taken it', async () => {
    const stream = eventStream();
    const waiting: Ticket = { ...TICKET, status: 'escalated', owner: 'human', state: 'waiting_for_person', state_text: 'Your message waits for a person.' };
    show({ ticket: waiting, stream });
    expect(await screen.findByText('A person will take this up')).toBeInTheDocument();
    expect(screen.queryByText('A person is on it')).not.toBeInTheDocument();
    await screen.findByText(/^Live/);
    await act(async () => stream.sendTicket({ ...waiting, status: 'in_progress', state: 'with_person', state_text: 'A person has taken this up.' }));
    expect(await screen.findByText('A person is on it')).toBeInTheDocument();
    expect(screen.getByText(/A person has taken this up\./)).toBeInTheDocument();
  });

  it('keeps a yes as feedback and asks no more', async () => {
    const { server, user } = show({ ticket: ANSWERED, routes: { [`POST ${PATH}/feedback`]: () => jsonResponse(201, {}) } });
    await user.click(await screen.findByRole('button', { name: 'Yes' }));
    await waitFor(() => expect(screen.getByText(/Thank you/)).toHaveFocus());
    expect(server.asked('POST', `${PATH}/feedback`)[0]?.body).toEqual({ helpful: true });
  });

  it('asks what was missing after a no', async () => {
    const { server, user, container } = show({ ticket: ANSWERED, routes: { [`POST ${PATH}/feedback`]: () => jsonResponse(201, {}) } });
    await user.click(await screen.findByRole('button', { name: 'No' }));
    expect(screen.getByLabelText('What was missing?')).toHaveFocus();
    await expectAccessible(container);
    await user.type(screen.getByLabelText('What was missing?'), 'The button');
    await user.click(screen.getByRole('button', { name: 'Send feedback' }));
    await screen.findByText(/Thank you/);
    expect(server.asked('POST', `${PATH}/feedback`)[0]?.body).toEqual({ helpful: false, comment: 'The button' });
  });

  it('asks for the link when the address has none', async () => {
    render(<ConversationPage api={createCustomerApi({ fetch: fakeServer({}).fetch })} />);
    expect(await screen.findByRole('heading', { name: 'Find your request' })).toBeInTheDocument();
  });
});
