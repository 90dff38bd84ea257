import { render, screen } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { createCustomerApi } from '../src/api/customer';
import { StatusChecker } from '../src/components/StatusChecker';
import { rememberTicket } from '../src/storage/recentTickets';
import { expectAccessible } from './expectAccessible';
import { fakeServer, jsonResponse, type Routes } from './fakeServer';

function show(routes: Routes = {}) {
  const server = fakeServer(routes);
  return { server, user: userEvent.setup(), ...render(<StatusChecker api={createCustomerApi({ fetch: server.fetch })} />) };
}

const FOUND = { 'GET /tickets/TKT-7F3K9QXA': () => jsonResponse(200, { subject: 'Reset link', status: 'resolved', state: 'resolved' }) };
const check = (user: UserEvent) => user.click(screen.getByRole('button', { name: 'Check status' }));

describe('StatusChecker', () => {
  it('finds a request by its link alone', async () => {
    const { user, server, container } = show(FOUND);
    await user.type(screen.getByLabelText('Ticket number or link'), 'https://example.com/ticket/#TKT-7F3K9QXA.token-1');
    expect(screen.queryByLabelText('Access code')).not.toBeInTheDocument();
    await check(user);
    expect(await screen.findByText('Resolved')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Open the conversation' })).toHaveAttribute('href', '/ticket/#TKT-7F3K9QXA.token-1');
    expect(server.requests[0]?.headers.get('X-Ticket-Token')).toBe('token-1');
    await expectAccessible(container);
  });

  it('finds a request by number and access code', async () => {
    const { user, server } = show(FOUND);
    await user.type(screen.getByLabelText('Ticket number or link'), 'tkt-7f3k9qxa');
    await user.type(screen.getByLabelText('Access code'), 'token-1');
    await check(user);
    expect(await screen.findByText('Reset link')).toBeInTheDocument();
    expect(server.requests[0]?.path).toBe('/tickets/TKT-7F3K9QXA');
  });

  it('says which part is missing', async () => {
    const { user, server } = show(FOUND);
    await user.type(screen.getByLabelText('Ticket number or link'), 'TKT-7F3K9QXA');
    await check(user);
    expect(screen.getByLabelText('Access code')).toHaveFocus();
    expect(screen.getByLabelText('Access code')).toBeInvalid();
    expect(server.requests).toHaveLength(0);
  });

  it('says calmly that nothing was found', async () => {
    const { user, container } = show();
    await user.type(screen.getByLabelText('Ticket number or link'), 'TKT-00000000.wrong');
    await check(user);
    expect(await screen.findByRole('alert')).toHaveTextContent('No such request');
    await expectAccessible(container);
  });

  it('lists what was sent from this tab', () => {
    rememberTicket({ ticketId: 'TKT-7F3K9QXA', token: 'token-1', subject: 'Reset link' });
    show();
    expect(screen.getByRole('link', { name: /Reset link/ })).toHaveAttribute('href', '/ticket/#TKT-7F3K9QXA.token-1');
  });
});
