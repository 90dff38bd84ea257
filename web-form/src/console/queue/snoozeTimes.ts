/** Offers times until which a conversation can be put off, in the reader's own zone. */
export const SNOOZE: readonly (readonly [code: string, word: string])[] = [
  ['1h', 'An hour'],
  ['4h', 'Four hours'],
  ['tomorrow', 'Tomorrow at 9'],
  ['monday', 'Next Monday at 9'],
];

export function snoozeUntil(code: string, now = new Date()): string {
  const until = new Date(now);
  if (code === '1h' || code === '4h') until.setHours(until.getHours() + Number(code[0]));
  else {
    const days = code === 'tomorrow' ? 1 : ((8 - until.getDay()) % 7 || 7);
    until.setDate(until.getDate() + days);
    until.setHours(9, 0, 0, 0);
  }
  return until.toISOString();
}
