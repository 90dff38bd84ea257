'use client';

import { useState, type ReactNode } from 'react';

interface CopyButtonProps {
  text: () => string;
  /** Said to who does not see the button change. */
  done?: string;
  children: ReactNode;
}

/** Copies what `text()` returns; where the clipboard is barred it shows the text to be copied by hand. */
export function CopyButton({ text, done = 'The link was copied.', children }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<{ isCopied: boolean; value: string } | null>(null);

  const copy = async () => {
    const value = text();
    try {
      await navigator.clipboard.writeText(value);
      setOutcome({ isCopied: true, value });
    } catch {
      setOutcome({ isCopied: false, value });
    }
  };

  return (
    <>
      <button type="button" className="button" onClick={copy}>
        {outcome?.isCopied ? 'Copied' : children}
      </button>
      <span className="visually-hidden" role="status">
        {outcome?.isCopied ? done : ''}
      </span>
      {outcome && !outcome.isCopied ? <code className="copy-fallback">{outcome.value}</code> : null}
    </>
  );
}
