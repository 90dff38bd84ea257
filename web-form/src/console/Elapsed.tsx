/** How long ago, in the largest unit that fits: "12 min". */
export function elapsedWords(since: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.round((now - new Date(since).getTime()) / 60_000));
  if (Number.isNaN(minutes)) return '';
  if (minutes < 1) return 'under a minute';
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} days`;
}

export function Elapsed({ since }: { since: string }) {
  return <time dateTime={since}>{elapsedWords(since)}</time>;
}
