'use client';

import { useState, type FormEvent } from 'react';

import type { Priority, Schemas } from '../../api/types';
import { Moment } from '../../components/Moment';
import { SendOutcome } from '../../components/SendOutcome';
import { PRIORITY } from '../../words';
import { useStaffAction } from '../useStaffAction';
import { useStaffQuery } from '../useStaffQuery';
import { SNOOZE, snoozeUntil } from './snoozeTimes';

const isPriority = (value: string): value is Priority => Object.hasOwn(PRIORITY, value);

interface MarksProps {
  conversation: Schemas['ConversationView'];
  priority: Priority | undefined;
  isClosed: boolean;
}

/** Tags, priority, snooze and spam of a conversation. */
export function Marks({ conversation, priority, isClosed }: MarksProps) {
  const known = useStaffQuery('/api/v1/staff/tags', { pollFactor: 0 });
  const { act, isBusy, isSlow, failure } = useStaffAction();
  const [typed, setTyped] = useState('');
  const path = { conversation_id: conversation.id };
  const { tags, snoozed_until: snoozedUntil, is_spam: isSpam, is_blocked: isBlocked } = conversation;

  const setTags = (next: readonly string[]) => act((client) => client.post('/api/v1/staff/conversations/{conversation_id}/tags', { path, body: { tags: [...next] } }));
  const addTag = async (event: FormEvent) => {
    event.preventDefault();
    if (!typed.trim() || isBusy) return;
    const outcome = await setTags([...tags, typed]);
    if (outcome && !outcome.error) setTyped('');
  };
  const prioritise = (next: Priority) =>
    void act((client) => client.post('/api/v1/staff/conversations/{conversation_id}/priority', { path, body: { priority: next } }));
  const snooze = (until: string | null) =>
    void act((client) => client.post('/api/v1/staff/conversations/{conversation_id}/snooze', { path, body: { until } }));
  const mark = (name: 'spam' | 'not-spam' | 'block') =>
    void act((client): Promise<unknown> => {
      if (name === 'spam') return client.post('/api/v1/staff/conversations/{conversation_id}/spam', { path });
      if (name === 'block') return client.post('/api/v1/staff/conversations/{conversation_id}/block', { path });
      return client.post('/api/v1/staff/conversations/{conversation_id}/not-spam', { path });
    });

  return (
    <div className="marks" role="group" aria-label="Marks">
      <ul className="tags plain-list" aria-label="Tags">
        {tags.map((tag) => (
          <li key={tag} className="badge badge-neutral">
            {tag}
            <button type="button" className="tag-remove" aria-label={`Remove tag ${tag}`} onClick={() => void setTags(tags.filter((other) => other !== tag))}>
              ×
            </button>
          </li>
        ))}
      </ul>
      <form className="tag-form" method="post" onSubmit={addTag}>
        <label className="visually-hidden" htmlFor="new-tag">
          Add a tag
        </label>
        <input
          id="new-tag"
          className="control control-small"
          list="known-tags"
          placeholder="Add a tag"
          maxLength={40}
          data-hotkey="g"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
        <datalist id="known-tags">
          {(known.data?.tags ?? []).map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
      </form>
      {priority ? (
        <>
          <label className="visually-hidden" htmlFor="set-priority">
            Priority
          </label>
          <span className="select">
            <select
              id="set-priority"
              className="control control-small"
              data-hotkey="p"
              value={priority}
              disabled={isBusy}
              onChange={({ target }) => {
                if (isPriority(target.value)) prioritise(target.value);
              }}
            >
              {Object.entries(PRIORITY).map(([code, word]) => (
                <option key={code} value={code}>
                  {word}
                </option>
              ))}
            </select>
          </span>
        </>
      ) : null}
      {snoozedUntil ? (
        <span className="small">
          Snoozed until <Moment at={snoozedUntil} />{' '}
          <button type="button" className="button button-small" onClick={() => snooze(null)}>
            Wake
          </button>
        </span>
      ) : isClosed ? null : (
        <>
          <label className="visually-hidden" htmlFor="snooze">
            Snooze
          </label>
          <span className="select">
            <select id="snooze" className="control control-small" data-hotkey="s" value="" disabled={isBusy} onChange={({ target }) => snooze(snoozeUntil(target.value))}>
              <option value="">Snooze…</option>
              {SNOOZE.map(([code, word]) => (
                <option key={code} value={code}>
                  {word}
                </option>
              ))}
            </select>
          </span>
        </>
      )}
      {isSpam ? (
        <button type="button" className="button button-small" onClick={() => mark('not-spam')}>
          Not spam
        </button>
      ) : (
        <button type="button" className="button button-plain button-small" data-hotkey="!" onClick={() => mark('spam')}>
          Spam
        </button>
      )}
      {isBlocked ? (
        <span className="badge badge-danger">Sender blocked</span>
      ) : (
        <button type="button" className="button button-plain button-small" onClick={() => mark('block')}>
          Block sender
        </button>
      )}
      <SendOutcome failure={failure} isSlow={isSlow} />
    </div>
  );
}
