import type { Schemas } from '../api/types';

type Label = NonNullable<Schemas['QueueLine']['sentiment_label']>;

/** By the API's `sentiment_label`, which follows the agent's live thresholds. */
const LABELS: Readonly<Record<Label, readonly [tone: string, word: string]>> = {
  upset: ['very-negative', 'Upset'],
  unhappy: ['negative', 'Unhappy'],
  neutral: ['neutral', 'Neutral'],
  pleased: ['positive', 'Pleased'],
};

interface SentimentBadgeProps {
  score: number | null;
  label: Label | null;
}

/** A sentiment score, 0 (furious) to 1 (delighted), in a word; nothing when there is none. */
export function SentimentBadge({ score, label }: SentimentBadgeProps) {
  if (score === null || label === null) return null;
  const [tone, word] = LABELS[label];
  return (
    <span className={`mood mood-${tone}`} title={`Sentiment ${score.toFixed(2)}`}>
      {word}
    </span>
  );
}
