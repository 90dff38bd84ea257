'use client';

import { useEffect, useState } from 'react';

const PAUSE_MS = 300;

/** Finds any conversation; searches once the typing pauses. */
export function QueueSearch({ words, onWords }: { words: string; onWords: (words: string) => void }) {
  const [typed, setTyped] = useState(words);
  useEffect(() => {
    if (typed.trim() === words) return undefined;
    const timer = setTimeout(() => onWords(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, words, onWords]);
  return (
    <form
      role="search"
      method="post"
      onSubmit={(event) => {
        event.preventDefault();
        onWords(typed.trim());
      }}
    >
      <label className="visually-hidden" htmlFor="queue-search">
        Search all conversations
      </label>
      <input
        id="queue-search"
        type="search"
        className="control control-small"
        placeholder="Number, address, phone, name or words"
        maxLength={200}
        autoComplete="off"
        data-hotkey="/"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
    </form>
  );
}
