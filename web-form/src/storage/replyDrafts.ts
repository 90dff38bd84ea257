/** Keeps the text of unsent replies in this browser, over a reload, a sign-out and an expired session. */
const PREFIX = 'staff.reply.';
const KEPT_MS = 14 * 24 * 3_600_000;

interface Kept {
  text: string;
  at: number;
}

function read(key: string): Kept | null {
  try {
    const value = JSON.parse(window.localStorage.getItem(key) ?? 'null') as Partial<Kept> | null;
    return value && typeof value.text === 'string' && typeof value.at === 'number' ? { text: value.text, at: value.at } : null;
  } catch {
    return null;
  }
}

/** '' where none is kept. */
export function readReplyDraft(conversationId: string): string {
  return read(PREFIX + conversationId)?.text ?? '';
}

/** An empty text forgets it. Older ones, which nobody came back to, are forgotten on the way. */
export function writeReplyDraft(conversationId: string, text: string): void {
  try {
    const { localStorage } = window;
    if (text) localStorage.setItem(PREFIX + conversationId, JSON.stringify({ text, at: Date.now() }));
    else localStorage.removeItem(PREFIX + conversationId);
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && Date.now() - (read(key)?.at ?? 0) > KEPT_MS) localStorage.removeItem(key);
    }
  } catch {
    // Barred storage: the text lasts as long as the page.
  }
}
