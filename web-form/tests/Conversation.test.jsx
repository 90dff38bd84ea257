import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { ConversationPage } from '../src/components/conversation/ConversationPage';
import { createApi } from '../src/services/api';
import { expectAccessible } from './expectAccessible';
import { eventStream, fakeServer, jsonResponse } from './fakeServer';

const PATH = '/tickets/TKT-7F3K9QXA';
const FAST = { firstPollMs: 5, longestPollMs: 10, reconnectMs: 5 };
const message = (role, content) => ({ role, content, created_at: '2026-01-05T10:00:00Z', channel: 'web_form' });
const TICKET = {
  ticket_id: 'TKT-7F3K9QXA',
  status: 'open',
  category: 'technical',
  priority: 'medium',
  subject: 'Reset link',
  owner: 'agent',
  escalation: null,
  responses: [message('customer', 'No reset link arrives.')],
};
const ANSWERED = { ...TICKET, status: 'in_progress', responses: [...TICKET.responses, message('agent', 'Please wait an hour.')] };

/** A page over one ticket that a test may change; without `stream` the server has no events. */
function show({ ticket = TICKET, stream, routes = {} } = {}) {
  const state = { ticket };
  const server = fakeServer({
    [`GET ${PATH}`]: () => jsonResponse(200, state.ticket),
    [`GET ${PATH}/events`]: () => stream?.response ?? jsonResponse(404, {}),
    ...routes,
  });
  window.location.hash = '#TKT-7F3K9QXA.token-1';
  const view = render(<ConversationPage api={createApi({ fetch: server.fetch })} timing={FAST} />);
  return { state, server, user: userEvent.setup(), ...view };
}

describe('conversation page', () => {
  it('shows an answer as the stream brings it, with the token in a header', async () => {
    const stream = eventStream();
    const { server, container } = show({ stream });
    expect(await screen.findByText('No reset link arrives.')).toBeInTheDocument();
    expect(await screen.findByText(/^Live/)).toBeInTheDocument();
    await act(async () => stream.sendTicket(ANSWERED));
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    expect(screen.getByRole('log')).toHaveTextContent('Please wait an hour.');
    expect(server.asked('GET', `${PATH}/events`)[0].headers['X-Ticket-Token']).toBe('token-1');
    await expectAccessible(container);
  });

  it('polls where there is no stream', async () => {
    const { state, server } = show();
    await screen.findByText(/Checking for answers/);
    state.ticket = ANSWERED;
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    expect(server.asked('GET', `${PATH}/events`)).toHaveLength(1);
  });

  it('comes back after the server was away', async () => {
    const { server, container } = show({ routes: { [`GET ${PATH}`]: () => jsonResponse(503, {}) } });
    expect(await screen.findByText(/We keep trying/)).toBeInTheDocument();
    await expectAccessible(container);
    server.routes[`GET ${PATH}`] = () => jsonResponse(200, ANSWERED);
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
  });

  it('opens a new stream when one ends', async () => {
    const first = eventStream();
    const { server, state } = show({ stream: first });
    await screen.findByText(/^Live/);
    state.ticket = ANSWERED;
    await act(async () => first.close());
    expect(await screen.findByText('Please wait an hour.')).toBeInTheDocument();
    await waitFor(() => expect(server.asked('GET', `${PATH}/events`).length).toBeGreaterThan(1));
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
          state.ticket = { ...ANSWERED, responses: [...ANSWERED.responses, message('customer', body.message)] };
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

  it('gets a person with one click and says why in friendly words', async () => {
    const { state, server, user, container } = show({
      ticket: ANSWERED,
      routes: {
        [`POST ${PATH}/human`]: () => {
          state.ticket = { ...ANSWERED, status: 'escalated', owner: 'human', escalation: { reason: 'human_request' } };
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

  it('keeps a yes as feedback and asks no more', async () => {
    const { server, user } = show({ ticket: ANSWERED, routes: { [`POST ${PATH}/feedback`]: () => jsonResponse(201, {}) } });
    await user.click(await screen.findByRole('button', { name: 'Yes' }));
    await waitFor(() => expect(screen.getByText(/Thank you/)).toHaveFocus());
    expect(server.asked('POST', `${PATH}/feedback`)[0].body).toEqual({ helpful: true });
  });

  it('asks what was missing after a no', async () => {
    const { server, user, container } = show({ ticket: ANSWERED, routes: { [`POST ${PATH}/feedback`]: () => jsonResponse(201, {}) } });
    await user.click(await screen.findByRole('button', { name: 'No' }));
    expect(screen.getByLabelText('What was missing?')).toHaveFocus();
    await expectAccessible(container);
    await user.type(screen.getByLabelText('What was missing?'), 'The button');
    await user.click(screen.getByRole('button', { name: 'Send feedback' }));
    await screen.findByText(/Thank you/);
    expect(server.asked('POST', `${PATH}/feedback`)[0].body).toEqual({ helpful: false, comment: 'The button' });
  });

  it('asks for the link when the address has none', async () => {
    render(<ConversationPage api={createApi({ fetch: fakeServer({}).fetch })} />);
    expect(await screen.findByRole('heading', { name: 'Find your request' })).toBeInTheDocument();
  });
});
