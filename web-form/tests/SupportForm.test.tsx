import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';

import { createCustomerApi } from '../src/api/customer';
import { SupportForm } from '../src/support/SupportForm';
import { expectAccessible } from './expectAccessible';
import { fakeServer, held, jsonResponse, type Routes } from './fakeServer';

const CREATED = {
  ticket_id: 'TKT-7F3K9QXA',
  status: 'open',
  message: 'Thank you.',
  created_at: '2026-01-05T10:00:00Z',
  access_token: 'token-1',
};
const created = () => jsonResponse(201, CREATED);
const SUBMIT = 'POST /support/form';

function show(routes: Routes) {
  const server = fakeServer(routes);
  const view = render(<SupportForm api={createCustomerApi({ fetch: server.fetch })} suggestionDelayMs={1} />);
  return { server, user: userEvent.setup(), sent: () => server.asked('POST', '/support/form'), ...view };
}

async function fill(user: UserEvent) {
  await user.type(screen.getByLabelText('Your name'), 'Dana');
  await user.type(screen.getByLabelText('E-mail address'), 'dana@example.com');
  await user.selectOptions(screen.getByLabelText('Topic'), 'technical');
  await user.type(screen.getByLabelText('Subject'), 'Reset link');
  await user.type(screen.getByLabelText('Message'), 'No reset link arrives.');
}

const send = (user: UserEvent) => user.click(screen.getByRole('button', { name: 'Send request' }));

describe('SupportForm', () => {
  it('sends what was typed once and leads on to the conversation', async () => {
    const { user, sent, container } = show({ [SUBMIT]: created });
    await fill(user);
    await send(user);
    const heading = await screen.findByRole('heading', { name: 'We have your request' });
    await waitFor(() => expect(heading).toHaveFocus());
    expect(screen.getByRole('link', { name: 'Open the conversation' })).toHaveAttribute('href', '/ticket/#TKT-7F3K9QXA.token-1');
    expect(sent()).toHaveLength(1);
    expect(sent()[0]?.body).toEqual({
      name: 'Dana',
      email: 'dana@example.com',
      category: 'technical',
      priority: 'medium',
      subject: 'Reset link',
      message: 'No reset link arrives.',
    });
    await expectAccessible(container);
  });

  it('puts each error beside its field, sends nothing and goes to the first', async () => {
    const { user, sent, container } = show({ [SUBMIT]: created });
    await send(user);
    const name = screen.getByLabelText('Your name');
    expect(name).toHaveFocus();
    expect(name).toBeInvalid();
    expect(name).toHaveAccessibleDescription('Enter your name.');
    expect(screen.getByText('5 fields need your attention.')).toBeInTheDocument();
    expect(sent()).toHaveLength(0);
    await expectAccessible(container);
  });

  it('is barred while it sends, so that a double click sends once', async () => {
    const gate = held();
    const { user, sent, container } = show({ [SUBMIT]: () => gate.promise });
    await fill(user);
    await user.dblClick(screen.getByRole('button', { name: 'Send request' }));
    const button = screen.getByRole('button', { name: 'Sending…' });
    expect(button).toHaveAttribute('aria-disabled', 'true');
    await user.click(button);
    await user.type(screen.getByLabelText('Subject'), '{Enter}');
    expect(sent()).toHaveLength(1);
    await expectAccessible(container);
    gate.release(created());
    await screen.findByRole('heading', { name: 'We have your request' });
  });

  it('shows the errors of the server at their fields', async () => {
    const { user } = show({
      [SUBMIT]: () => jsonResponse(400, { error: 'invalid', detail: 'Please look at the e-mail.', fields: { email: 'Unknown domain.' } }),
    });
    await fill(user);
    await send(user);
    const email = screen.getByLabelText('E-mail address');
    await waitFor(() => expect(email).toHaveAccessibleDescription('Unknown domain.'));
    await waitFor(() => expect(email).toHaveFocus());
  });

  it.each([
    ['is down', () => Promise.reject(new TypeError('Failed to fetch')), 'We could not be reached'],
    ['has no database', () => jsonResponse(503, {}), 'We are having trouble at the moment'],
    ['fails', () => jsonResponse(500, {}), 'Something went wrong on our side'],
  ])('keeps the text when the server %s, and sends it again under the same key', async (_, failing, title) => {
    const { user, server, sent, container } = show({ [SUBMIT]: failing });
    await fill(user);
    await send(user);
    expect(await screen.findByRole('alert')).toHaveTextContent(title);
    expect(screen.getByLabelText('Message')).toHaveValue('No reset link arrives.');
    await expectAccessible(container);
    server.routes[SUBMIT] = created;
    await send(user);
    await screen.findByRole('heading', { name: 'We have your request' });
    const [first, second] = sent().map((request) => request.headers.get('Idempotency-Key'));
    expect(second).toBe(first);
  });

  it('solves what the server asks for without a word to the customer', async () => {
    const challenge = { error: 'challenge_required', detail: 'Solve it.', challenge: 'c1', bits: 6 };
    const { user, sent, container } = show({
      [SUBMIT]: ({ headers }) => (headers.has('Challenge-Solution') ? created() : jsonResponse(428, challenge)),
    });
    await fill(user);
    await send(user);
    await screen.findByRole('heading', { name: 'We have your request' });
    expect(sent()).toHaveLength(2);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    await expectAccessible(container);
  });

  it('keeps the text where no solution is taken, and tries again by itself', async () => {
    const challenge = { error: 'challenge_required', detail: 'Solve it.', challenge: 'c1', bits: 6 };
    const { user, server, container } = show({ [SUBMIT]: () => jsonResponse(428, challenge) });
    await fill(user);
    await send(user);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('We get very many requests at the moment');
    expect(alert).toHaveTextContent('sends it again by itself in 10 seconds');
    expect(screen.getByLabelText('Message')).toHaveValue('No reset link arrives.');
    await expectAccessible(container);
    server.routes[SUBMIT] = created;
    await send(user);
    await screen.findByRole('heading', { name: 'We have your request' });
  });

  it('counts the seconds down that the server asked it to wait', async () => {
    const { user, sent } = show({ [SUBMIT]: () => jsonResponse(429, {}, { 'Retry-After': '20' }) });
    await fill(user);
    await send(user);
    const button = await screen.findByRole('button', { name: /Try again in (20|19) s/ });
    await user.click(button);
    expect(sent()).toHaveLength(1);
    expect(screen.getByRole('alert')).toHaveTextContent('in 20 seconds');
  });

  describe('when the server takes nothing for now', () => {
    const refused = (status: number) => () => jsonResponse(status, {}, { 'Retry-After': '20' });
    const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
    const keys = (sent: () => { headers: Headers }[]) => sent().map(({ headers }) => headers.get('Idempotency-Key'));

    function showTimed(routes: Routes) {
      vi.useFakeTimers({ shouldAdvanceTime: true });
      return { ...show(routes), user: userEvent.setup({ advanceTimers: vi.advanceTimersByTime, delay: null }) };
    }

    it.each([429, 503])('sends it again by itself after %i and the wait, as one request', async (status) => {
      const { user, server, sent, container } = showTimed({ [SUBMIT]: refused(status) });
      await fill(user);
      await send(user);
      expect(await screen.findByRole('alert')).toHaveTextContent('sends it again by itself in 20 seconds');
      expect(screen.getByLabelText('Message')).toHaveValue('No reset link arrives.');
      await expectAccessible(container);
      await pass(18_000);
      expect(sent()).toHaveLength(1);
      server.routes[SUBMIT] = created;
      await pass(8_000);
      await screen.findByRole('heading', { name: 'We have your request' });
      expect(sent()).toHaveLength(2);
      expect(new Set(keys(sent)).size).toBe(1);
    });

    it('waits longer after each refusal that names no time', async () => {
      const { user, sent } = showTimed({ [SUBMIT]: () => jsonResponse(503, {}) });
      await fill(user);
      await send(user);
      await screen.findByRole('alert');
      await pass(13_000);
      expect(sent()).toHaveLength(2);
      await pass(13_000);
      expect(sent()).toHaveLength(2);
      await pass(13_000);
      expect(sent()).toHaveLength(3);
    });

    it('sends nothing by itself once the text was changed', async () => {
      const { user, server, sent } = showTimed({ [SUBMIT]: refused(503) });
      await fill(user);
      await send(user);
      await screen.findByRole('alert');
      server.routes[SUBMIT] = created;
      await user.type(screen.getByLabelText('Message'), ' Not even one.');
      expect(screen.getByRole('alert')).toHaveTextContent('Please try again in 20 seconds');
      await pass(60_000);
      expect(sent()).toHaveLength(1);
      await send(user);
      await screen.findByRole('heading', { name: 'We have your request' });
      expect(new Set(keys(sent)).size).toBe(2);
    });

    it('sends once when the button is pressed before the page does it by itself', async () => {
      const { user, server, sent } = showTimed({ [SUBMIT]: () => jsonResponse(503, {}) });
      await fill(user);
      await send(user);
      await screen.findByRole('alert');
      server.routes[SUBMIT] = created;
      await send(user);
      await screen.findByRole('heading', { name: 'We have your request' });
      await pass(60_000);
      expect(sent()).toHaveLength(2);
    });
  });

  it('still holds the draft after a reload', async () => {
    const first = show({ [SUBMIT]: created });
    await fill(first.user);
    first.unmount();
    show({ [SUBMIT]: created });
    expect(screen.getByLabelText('Message')).toHaveValue('No reset link arrives.');
    expect(screen.getByLabelText('Topic')).toHaveValue('technical');
  });

  it('forgets the draft once it is sent', async () => {
    const first = show({ [SUBMIT]: created });
    await fill(first.user);
    await send(first.user);
    await screen.findByRole('heading', { name: 'We have your request' });
    first.unmount();
    show({ [SUBMIT]: created });
    expect(screen.getByLabelText('Message')).toHaveValue('');
  });

  it('offers articles while the customer types', async () => {
    const { user, server, container } = show({
      'GET /knowledge/suggestions': () =>
        jsonResponse(200, { suggestions: [{ article_id: 'a1', title: 'Reset your password', excerpt: 'Select Forgot password?' }] }),
    });
    await user.type(screen.getByLabelText('Subject'), 'Reset link');
    expect(await screen.findByText('Reset your password')).toBeInTheDocument();
    expect(server.asked('GET', '/knowledge/suggestions').at(-1)?.query.get('q')).toBe('Reset link');
    await expectAccessible(container);
  });

  it('shows nothing when suggestions fail', async () => {
    const { user, server } = show({ 'GET /knowledge/suggestions': () => jsonResponse(500, {}) });
    await user.type(screen.getByLabelText('Subject'), 'Reset link');
    await waitFor(() => expect(server.asked('GET', '/knowledge/suggestions').length).toBeGreaterThan(0));
    expect(screen.queryByText('This may already answer your question')).not.toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });
});
