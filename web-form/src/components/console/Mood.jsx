/** A sentiment score, 0 (furious) to 1 (delighted), in a word; nothing when there is none. */
export function moodOf(score) {
  if (typeof score !== 'number' || Number.isNaN(score)) return null;
  if (score < 0.3) return ['very-negative', 'Upset'];
  if (score < 0.45) return ['negative', 'Unhappy'];
  if (score < 0.65) return ['neutral', 'Neutral'];
  return ['positive', 'Pleased'];
}

export function Mood({ score }) {
  const mood = moodOf(score);
  if (!mood) return null;
  return (
    <span className={`mood mood-${mood[0]}`} title={`Sentiment ${score.toFixed(2)}`}>
      {mood[1]}
    </span>
  );
}
