'use client';

import { useEffect, useRef } from 'react';

import { CopyButton } from '../../components/CopyButton';

export interface MadeKey {
  name: string;
  key: string;
}

/** A new key, on show until it is put away; nobody can read it again. */
export function ShownKey({ made, onDone }: { made: MadeKey; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [made]);
  return (
    <section className="panel shown-key" aria-labelledby="shown-key-title">
      <h3 id="shown-key-title" tabIndex={-1} ref={heading}>
        The key of {made.name}
      </h3>
      <p>It is shown this once. Pass it on by a way that only {made.name} reads; if it is lost, make a new one.</p>
      <p>
        <code className="copy-fallback">{made.key}</code>
      </p>
      <div className="actions">
        <CopyButton text={() => made.key} done="The key was copied.">
          Copy the key
        </CopyButton>
        <button type="button" className="button button-plain" onClick={onDone}>
          Put it away
        </button>
      </div>
    </section>
  );
}
