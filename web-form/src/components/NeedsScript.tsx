import type { ReactNode } from 'react';

/** What is shown in place of a page that cannot work without JavaScript. */
export function NeedsScript({ children }: { children: ReactNode }) {
  return (
    <noscript>
      <div className="notice notice-info">
        <div className="notice-body">
          <p className="notice-title">This page needs JavaScript</p>
          <div className="notice-text">
            {children} Please switch it on, or write to us by e-mail instead; it reaches the same team.
          </div>
        </div>
      </div>
    </noscript>
  );
}
