'use client';

import type { Schemas } from '../../api/types';
import { SentimentCurve } from '../../charts/SentimentCurve';
import { REASON, wordFor } from '../../words';

type HandOver = Schemas['HandOver'];

const OUTCOME = { answered: 'Answered', asked_back: 'Asked back', escalated: 'Handed over', silent: 'Said nothing' };

const isText = (value: unknown): value is string => typeof value === 'string';

/** One turn of the assistant: how it ended, why, and what it looked for. */
function wordsOf(turn: HandOver['tried'][number]): string {
  const outcome = isText(turn.outcome) ? turn.outcome : '';
  const reason = isText(turn.reason) ? turn.reason : '';
  const searches = Array.isArray(turn.searches) ? turn.searches.filter(isText) : [];
  const end = wordFor(OUTCOME, outcome);
  const why = reason ? ` (${wordFor(REASON, reason)})` : '';
  const looked = searches.length ? `, after a search for ${searches.map((query) => `“${query}”`).join(' and ')}` : '';
  return `${end}${why}${looked}`;
}

interface Refusal {
  author: string;
  code: string;
  detail: string;
}

const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && ['author', 'code', 'detail'].every((key) => isText(Reflect.get(value, key)));

/** Why drafts of a turn were not sent, or why a model gave none. */
function refusalsOf(turn: HandOver['tried'][number]): Refusal[] {
  return Array.isArray(turn.refusals) ? turn.refusals.filter(isRefusal) : [];
}

/** What the assistant hands over: why, the story so far, the mood, what it tried and what it read. */
export function HandoverPacket({ handover }: { handover: HandOver }) {
  const scores = handover.sentiment_curve.map((point) => point.sentiment);
  return (
    <section className="panel" aria-labelledby="handover-title">
      <h3 id="handover-title">Hand-over</h3>
      {handover.reason ? (
        <p>
          <span className="badge badge-warning">{wordFor(REASON, handover.reason)}</span>
          {handover.topic ? <span className="badge">{handover.topic}</span> : null}
        </p>
      ) : null}
      {handover.summary ? <p className="handover-summary">{handover.summary}</p> : null}
      {scores.length > 1 ? (
        <>
          <h4>Sentiment, message by message</h4>
          <SentimentCurve scores={scores} />
        </>
      ) : null}
      {handover.tried.length > 0 ? (
        <>
          <h4>What was tried</h4>
          <ul className="plain-list">
            {handover.tried.map((step, index) => (
              <li key={index}>
                {wordsOf(step)}
                {refusalsOf(step).map((refusal, at) => (
                  <p className="muted" key={at}>
                    No draft of {refusal.author} ({refusal.code}): {refusal.detail}
                  </p>
                ))}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {handover.sources.length > 0 ? (
        <>
          <h4>Sources</h4>
          <ul className="plain-list">
            {handover.sources.map((source) => (
              <li key={`${source.article_id}-${source.version}`}>
                {source.title} <span className="muted">v{source.version}</span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </section>
  );
}
