/** By the API's `sentiment_label`, which follows the agent's live thresholds. */
const MOODS = {
  upset: ['very-negative', 'Upset'],
  unhappy: ['negative', 'Unhappy'],
  neutral: ['neutral', 'Neutral'],
  pleased: ['positive', 'Pleased'],
};

/** A sentiment score, 0 (furious) to 1 (delighted), in a word; nothing when there is none. */
export function Mood({ score, label }) {
  const mood = MOODS[label];
  if (!mood) return null;
  return (
    <span className={`mood mood-${mood[0]}`} title={`Sentiment ${score.toFixed(2)}`}>
      {mood[1]}
    </span>
  );
}
