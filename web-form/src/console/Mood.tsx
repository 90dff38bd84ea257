/** A sentiment score, 0 (furious) to 1 (delighted), in a word. */
export function moodOf(score: number): readonly [tone: string, word: string] {
  if (score < 0.3) return ['very-negative', 'Upset'];
  if (score < 0.45) return ['negative', 'Unhappy'];
  if (score < 0.65) return ['neutral', 'Neutral'];
  return ['positive', 'Pleased'];
}

export function Mood({ score }: { score: number | null }) {
  if (score === null) return null;
  const [tone, word] = moodOf(score);
  return (
    <span className={`mood mood-${tone}`} title={`Sentiment ${score.toFixed(2)}`}>
      {word}
    </span>
  );
}
