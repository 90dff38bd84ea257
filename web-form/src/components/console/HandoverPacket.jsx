'use client';

import { SentimentCurve } from '../../charts/SentimentCurve';
import { REASON, wordFor } from '../../words';

/** A curve's point is a bare score or {score, at}. */
const scoresOf = (curve) => curve.map((point) => (typeof point === 'number' ? point : point.score));
/** What was tried is a sentence or an object of them. */
const wordsOf = (step) => (typeof step === 'string' ? step : Object.values(step).filter(Boolean).join(': '));

/** What the assistant hands over: why, the story so far, the mood, what it tried and what it read. */
export function HandoverPacket({ handover }) {
  const scores = scoresOf(handover.sentiment_curve ?? []);
  return (
    <section className="panel" aria-labelledby="handover-title">
      <h3 id="handover-title">Hand-over</h3>
      {handover.reason ? (
        <p>
          <span className="badge badge-warning">{wordFor(REASON, handover.reason)}</span>
        </p>
      ) : null}
      {handover.summary ? <p className="handover-summary">{handover.summary}</p> : null}
      {scores.length > 1 ? (
        <>
          <h4>Mood, message by message</h4>
          <SentimentCurve scores={scores} />
        </>
      ) : null}
      {handover.tried?.length ? (
        <>
          <h4>What was tried</h4>
          <ul className="plain-list">
            {handover.tried.map((step, index) => (
              <li key={index}>{wordsOf(step)}</li>
            ))}
          </ul>
        </>
      ) : null}
      {handover.sources?.length ? (
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
