import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import schema from '../../docs/reference/company.schema.json';
import { createStaffClient, type CreateStaffClient } from '../src/api/staff';
import { mergeProfiles } from '../src/console/company/profileSchema';
import { Console } from '../src/console/Console';
import { expectAccessible } from './expectAccessible';
import { fakeServer, jsonResponse, type Handler, type Routes } from './fakeServer';

const AT = '2026-01-05T10:00:00Z';
const YAML = 'name: Acme\n';
const ok = (body: unknown = {}) => () => jsonResponse(200, body);
const SPECIMENS = [
  { channel: 'email', language: 'en', sender: 'help@acme.example', greeting: 'Dear Ada,', answer: 'Dear Ada, press Export.', hand_over: 'Dear Ada, a colleague' },
  { channel: 'email', language: 'de', sender: 'help@acme.example', greeting: 'Guten Tag Ada,', answer: 'Guten Tag, Export.', hand_over: 'Guten Tag, Kollegin' },
];
/** What the server does with a valid profile: the same profile in both forms. */
const checks: Handler = ({ body }) => {
  const profile = typeof body === 'string' ? { name: body.replace(/^name: /, '').trim() } : body;
  return jsonResponse(200, { version: 3, profile, yaml: typeof body === 'string' ? body : `# of ${JSON.stringify(body)}\n`, specimens: SPECIMENS });
};
const refuses = (fields: Record<string, string>): Handler => () =>
  jsonResponse(422, { error: 'bad_request', detail: 'The profile is not valid.', fields });

function show(routes: Routes = {}, profile: Record<string, unknown> = { name: 'Acme' }) {
  const server = fakeServer({
    'GET /staff/session': () => jsonResponse(200, { name: 'Ines', role: 'admin', account_id: null }),
    'GET /staff/conversations': ok({ conversations: [], viewer: 'Ines' }),
    'GET /company': ok({ version: 3, profile, yaml: YAML }),
    'GET /company/form': ok({
      json_schema: schema,
      texts: [{ key: 'ticket', placeholders: ['company', 'ticket'], shipped: { en: 'Ticket {ticket}.', de: 'Vorgang {ticket}.' } }],
      prompt: 'You answer customers of {company}.',
      prompt_placeholders: ['company', 'tone'],
    }),
    'GET /company/versions': ok({
      versions: [
        { version: 3, author: 'ines', restored_from: null, created_at: AT },
        { version: 2, author: 'first start', restored_from: null, created_at: AT },
      ],
    }),
    'POST /company/versions/2/restore': ok({ version: 4 }),
    'POST /company/check': checks,
    'PUT /company': ok({ version: 4 }),
    ...routes,
  });
  window.location.hash = '#/company';
  const createClient: CreateStaffClient = (options) => createStaffClient({ ...options, fetch: server.fetch });
  const view = render(<Console createClient={createClient} pollMs={20} />);
  return { server, user: userEvent.setup(), ...view };
}
const saves = async (server: ReturnType<typeof show>['server']) => {
  await waitFor(() => expect(server.asked('PUT', '/company')).toHaveLength(1));
  return server.asked('PUT', '/company')[0];
};

describe('The form of the company profile', () => {
  it('has a labelled field with its help for every key of the schema', async () => {
    const { container, user } = show();
    await screen.findByLabelText('Name');
    expect(screen.getByText('How the model writes, in prose.')).toBeInTheDocument();
    for (const { title } of Object.values(schema.properties)) {
      expect(screen.getAllByText(title, { exact: false }).length, title).toBeGreaterThan(0);
    }
    for (const summary of container.querySelectorAll('summary')) await user.click(summary);
    expect(screen.getByLabelText('Timezone')).toBeInTheDocument();
    await expectAccessible(container);
  });

  it('saves what was typed over the version that was read, without a standard value', async () => {
    const { server, user } = show();
    await user.type(await screen.findByLabelText('Tone'), 'Warm.');
    await user.type(screen.getByLabelText('Allowed hosts'), 'acme.example{Enter}help.acme.example');
    await user.click(screen.getByText('Hours'));
    await user.type(screen.getByLabelText('Mon'), '09:00-12:00, 13:00-17:00');
    await user.type(screen.getByLabelText('Holidays'), '2026-12-25');
    await user.click(screen.getByText('Limits'));
    await user.selectOptions(screen.getByLabelText('Pricing'), 'articles');
    await user.selectOptions(screen.getByLabelText('Legal'), 'articles');
    await user.selectOptions(screen.getByLabelText('Legal'), 'always');
    await user.type(screen.getByLabelText('Reason'), 'Tariffs are public.');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    const saved = await saves(server);
    expect(saved?.headers.get('if-match')).toBe('3');
    expect(saved?.body).toEqual({
      name: 'Acme',
      tone: 'Warm.',
      allowed_hosts: ['acme.example', 'help.acme.example'],
      hours: { week: { mon: ['09:00-12:00', '13:00-17:00'] }, holidays: ['2026-12-25'] },
      limits: { pricing: 'articles', reason: 'Tariffs are public.' },
    });
  });

  it('shows each fault beside its field, opens the part that holds it, and saves nothing', async () => {
    const { server, user, container } = show({
      'POST /company/check': refuses({ 'hours.timezone': 'no such zone', country: 'two capital letters' }),
    });
    const country = await screen.findByLabelText('Country');
    await user.type(country, 'Germany');
    await waitFor(() => expect(country).toHaveAccessibleDescription(/two capital letters/));
    expect(await screen.findByLabelText('Timezone')).toHaveAccessibleDescription(/no such zone/);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText("This can't be saved yet")).toBeVisible();
    expect(country).toHaveValue('Germany');
    expect(server.asked('PUT', '/company')).toHaveLength(0);
    await expectAccessible(container);
  });

  it('writes a topic with the keyboard alone and tries it on past messages', async () => {
    const { server, user, container } = show({
      'POST /company/topics/try': ok({ read: 200, share: 0.01, matches: [{ conversation_id: 'c1', text: 'My oxygen', score: 1, because: 'oxygen' }] }),
    });
    await user.click(await screen.findByText('Topics'));
    screen.getByRole('button', { name: 'Add a topic' }).focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.getByLabelText('ID')).toHaveFocus());
    await user.keyboard('medical{Tab}Medical equipment{Tab}oxygen{Enter}dialysis');
    await user.type(screen.getByLabelText('English'), 'We pass it on.');
    await user.click(screen.getByRole('button', { name: 'Try on the last 500 messages' }));
    expect(await screen.findByText(/1 of 200 messages \(1.0 %\)/)).toBeVisible();
    expect(screen.getByText(/because of “oxygen”/)).toBeVisible();
    const topic = { id: 'medical', label: 'Medical equipment', words: ['oxygen', 'dialysis'], reply: { en: 'We pass it on.' } };
    expect(server.asked('POST', '/company/topics/try')[0]?.body).toEqual({ topic });
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect((await saves(server))?.body).toEqual({ name: 'Acme', topics: [topic] });
  });

  it('overrides a shipped text, which it shows with what the text may name', async () => {
    const { server, user } = show({}, { name: 'Acme', languages: ['en', 'de'] });
    await user.click(await screen.findByText('Texts'));
    await user.selectOptions(screen.getByLabelText('Language'), 'de');
    await user.selectOptions(screen.getByLabelText('Text'), 'ticket');
    expect(screen.getByText('Vorgang {ticket}.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Write this text yourself' }));
    const own = screen.getByLabelText('Your text');
    expect(own).toHaveValue('Vorgang {ticket}.');
    expect(own).toHaveAccessibleDescription(/\{company\}, \{ticket\}/);
    await user.clear(own);
    await user.type(own, 'Nummer {{ticket}');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect((await saves(server))?.body).toMatchObject({ texts: { de: { ticket: 'Nummer {ticket}' } } });
  });

  it('takes a greeting for all languages or one for each', async () => {
    const { server, user } = show({}, { name: 'Acme', languages: ['en', 'de'], channels: { email: { greeting: 'Hi {name}' } } });
    await user.click(await screen.findByText('Channels'));
    const mail = within(screen.getByRole('group', { name: 'E-mail' }));
    await user.click(mail.getByLabelText('Greeting: a text of its own for each language'));
    await user.clear(mail.getByLabelText('German'));
    await user.type(mail.getByLabelText('German'), 'Guten Tag {{name}');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect((await saves(server))?.body).toMatchObject({ channels: { email: { greeting: { en: 'Hi {name}', de: 'Guten Tag {name}' } } } });
  });

  it('previews every channel in the language that is chosen', async () => {
    const { user } = show();
    expect(await screen.findByText('Dear Ada, press Export.')).toBeVisible();
    await user.selectOptions(screen.getByLabelText('Language of the preview'), 'de');
    expect(screen.getByText('Guten Tag, Kollegin')).toBeVisible();
    expect(screen.getByText('From help@acme.example')).toBeVisible();
  });
});

describe('The two views of the profile', () => {
  it('stay equal: what is written in one is in the other', async () => {
    const { user } = show();
    await user.type(await screen.findByLabelText('Name'), ' 2');
    await user.click(screen.getByRole('button', { name: 'YAML' }));
    const text = await screen.findByLabelText('Profile in YAML');
    expect(text).toHaveValue('# of {"name":"Acme 2"}\n');
    await user.clear(text);
    await user.type(text, 'name: Acme 3');
    await user.click(screen.getByRole('button', { name: 'Form' }));
    expect(await screen.findByLabelText('Name')).toHaveValue('Acme 3');
  });

  it('keep a text with a fault where it can be mended', async () => {
    const { user, server, container } = show();
    await user.click(await screen.findByRole('button', { name: 'YAML' }));
    const text = await screen.findByLabelText('Profile in YAML');
    expect(text).toHaveValue(YAML);
    server.routes['POST /company/check'] = refuses({ sla: 'not a table' });
    await user.type(text, 'sla: 3');
    await user.click(screen.getByRole('button', { name: 'Form' }));
    expect(await screen.findByText(/not a table/)).toBeVisible();
    expect(text).toHaveValue(`${YAML}sla: 3`);
    await expectAccessible(container);
  });
});

describe('A profile that somebody else saved meanwhile', () => {
  it('is shown beside what was written here, and takes its changes without losing theirs', async () => {
    const { user, server, container } = show({
      'PUT /company': () => {
        server.routes['GET /company'] = ok({ version: 4, profile: { name: 'Acme Ltd', tone: 'Cool.' }, yaml: 'name: Acme Ltd\ntone: Cool.\n' });
        return jsonResponse(409, { error: 'conflict', detail: 'Version 4 is newer.' });
      },
    });
    await user.type(await screen.findByLabelText('Tone'), 'Warm.');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Version 4 was saved meanwhile')).toBeVisible();
    expect(screen.getByRole('cell', { name: 'Cool.' })).toBeVisible();
    expect(screen.getByRole('cell', { name: 'Warm.' })).toBeVisible();
    expect(screen.getByText(/Both changed tone/)).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole('button', { name: 'Add my changes to version 4' }));
    expect(await screen.findByLabelText('Name')).toHaveValue('Acme Ltd');
    expect(screen.getByLabelText('Tone')).toHaveValue('Warm.');
    server.routes['PUT /company'] = ok({ version: 5 });
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(server.asked('PUT', '/company')).toHaveLength(2));
    expect(server.asked('PUT', '/company')[1]?.headers.get('if-match')).toBe('4');
  });

  it('takes the place of an unchanged one at once', async () => {
    const { server } = show();
    await screen.findByLabelText('Name');
    server.routes['GET /company'] = ok({ version: 4, profile: { name: 'Acme Ltd' }, yaml: 'name: Acme Ltd\n' });
    await waitFor(() => expect(screen.getByLabelText('Name')).toHaveValue('Acme Ltd'));
  });

  it('is merged by key', () => {
    const basis = { name: 'A', tone: 'x', country: 'GB' };
    expect(mergeProfiles(basis, { name: 'B', tone: 'x', country: 'GB' }, { name: 'A', tone: 'y' })).toEqual({
      merged: { name: 'B', tone: 'y' },
      both: [],
    });
  });
});

describe('A try on past conversations', () => {
  const end = { outcome: 'answered', reason: null, reply: 'Press Export.', sources: ['Export'], model: 'grounded', input_tokens: 0, output_tokens: 0 };
  const same = { turn_id: 't1', conversation_id: 'c1', channel: 'email', asked: 'How do I export?', before: end, after: end, is_other_end: false, likeness: 1 };
  const other = {
    ...same,
    turn_id: 't2',
    asked: 'My oxygen runs out',
    after: { ...end, outcome: 'escalated', reason: 'company_topic', reply: 'We call you at once.' },
    is_other_end: true,
    likeness: 0.2,
  };

  it('shows what the profile as it is written would change, and stores nothing', async () => {
    const { server, user, container } = show({
      'POST /company/replay': ok({ model: '', turns: [same, other], left_out: 3, failed: 0, usd: 0 }),
    });
    await user.type(await screen.findByLabelText('Tone'), 'Warm.');
    const button = screen.getByRole('button', { name: 'Answer the last 20 turns again' });
    await waitFor(() => expect(button).toBeEnabled());
    await user.click(button);
    expect(await screen.findByText(/2 turns answered again: 1 end differently, 0 read differently, 1 stay the same/)).toBeVisible();
    expect(screen.getByText('We call you at once.')).toBeVisible();
    expect(screen.getByText(/the prompt is not read/)).toBeVisible();
    expect(screen.getByText(/3 more did not fit/)).toBeVisible();
    expect(server.asked('POST', '/company/replay')[0]?.body).toEqual({ profile: { name: 'Acme', tone: 'Warm.' }, turns: 20, skip: 0 });
    expect(server.asked('PUT', '/company')).toHaveLength(0);
    await expectAccessible(container);
  });
});

it('An earlier version of the profile is restored', async () => {
  const { server, user } = show();
  await user.click(await screen.findByRole('button', { name: 'Restore version 2' }));
  await waitFor(() => expect(server.asked('POST', '/company/versions/2/restore')).toHaveLength(1));
});
