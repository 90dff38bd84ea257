'use client';

import { useState } from 'react';

import type { Schemas } from '../../api/types';
import { SendButton } from '../../components/SendButton';
import { SendOutcome } from '../../components/SendOutcome';
import { CHANNEL, REASON, wordFor } from '../../words';
import { useStaffAction } from '../useStaffAction';

type Replay = Schemas['ReplayView'];
const TURNS = 20;
const SAME = 0.999;

/** Tries the profile as it is written here on past conversations, and shows what it would change. */
export function ReplayPanel({ profile }: { profile: Record<string, unknown> | null }) {
  const [replay, setReplay] = useState<Replay | null>(null);
  const { act, isBusy, failure, waitSeconds } = useStaffAction();
  const run = async () => {
    if (!profile) return;
    const outcome = await act((client) => client.post('/api/v1/company/replay', { body: { profile, turns: TURNS, skip: 0 } }));
    setReplay(outcome?.value ?? null);
  };
  return (
    <section className="panel" aria-labelledby="replay-title">
      <h3 id="replay-title">Try it on past conversations</h3>
      <p className="muted small">
        The last {TURNS} answered turns are answered again with the profile as it is written above. Nothing is sent or stored but a line in the
        audit log. Articles are today’s, so a difference may come from them. With a model, its tokens cost money.
      </p>
      <div className="actions">
        <SendButton
          type="button"
          className="button button-small"
          isBusy={isBusy}
          waitSeconds={waitSeconds}
          busyText="Answering again…"
          disabled={!profile}
          onClick={() => void run()}
        >
          Answer the last {TURNS} turns again
        </SendButton>
      </div>
      <SendOutcome failure={failure} isSlow={false} />
      <div role="status">{replay ? <Summary replay={replay} /> : null}</div>
      {replay ? (
        <ul className="cards">
          {changed(replay).map((turn) => (
            <li key={turn.turn_id}>
              <Changed turn={turn} />
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

/** Turns that end or read differently, those with another end first. */
function changed({ turns }: Replay): Replay['turns'] {
  return turns
    .filter(({ is_other_end, likeness }) => is_other_end || likeness < SAME)
    .toSorted((one, other) => Number(other.is_other_end) - Number(one.is_other_end) || one.likeness - other.likeness);
}

function Summary({ replay }: { replay: Replay }) {
  const { turns, model, left_out: leftOut, failed, usd } = replay;
  const otherEnds = turns.filter((turn) => turn.is_other_end).length;
  const tokens = turns.reduce((sum, { after }) => sum + after.input_tokens + after.output_tokens, 0);
  return (
    <>
      <p>
        {turns.length} turns answered again: {otherEnds} end differently, {changed(replay).length - otherEnds} read differently,{' '}
        {turns.length - changed(replay).length} stay the same.
      </p>
      <p className="muted small">
        {model
          ? `Answered by ${model} with ${tokens.toLocaleString('en')} tokens (${usd.toFixed(4)} US dollars).`
          : 'No model is configured: answers are taken from the articles word for word, and the prompt is not read. Topics, texts, limits and signatures are tried all the same.'}
        {leftOut > 0 ? ` ${leftOut} more did not fit into the time and the tokens of one try.` : ''}
        {failed > 0 ? ` ${failed} could not be answered: a stage was busy.` : ''}
      </p>
    </>
  );
}

function Changed({ turn }: { turn: Replay['turns'][number] }) {
  return (
    <article className="panel">
      <header className="panel-head">
        <h4>
          <a href={`#/queue/${turn.conversation_id}`}>{turn.asked.slice(0, 160)}</a>
        </h4>
        <p className="tags">
          <span className="badge badge-neutral">{wordFor(CHANNEL, turn.channel)}</span>
          {turn.is_other_end ? <span className="badge badge-warning">Another end</span> : null}
        </p>
      </header>
      <div className="replayed">
        <End title="Then" end={turn.before} />
        <End title="With this profile" end={turn.after} />
      </div>
    </article>
  );
}

function End({ title, end }: { title: string; end: Schemas['EndView'] }) {
  const tokens = end.input_tokens + end.output_tokens;
  return (
    <div className="replay-end">
      <p className="small">
        <strong>{title}:</strong> {wordFor({}, end.outcome)}
        {end.reason ? `, ${wordFor(REASON, end.reason).toLowerCase()}` : ''}
      </p>
      <div className="message-text">{end.reply}</div>
      <p className="muted small">
        {end.sources.length > 0 ? `From ${end.sources.join(', ')}. ` : ''}
        {end.model ? `By ${end.model}` : ''}
        {tokens > 0 ? `, ${tokens.toLocaleString('en')} tokens` : ''}
      </p>
    </div>
  );
}
