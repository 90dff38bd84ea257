'use client';

import { useId, type ReactNode } from 'react';

interface PageSectionProps {
  title: string;
  lead?: string;
  /** Beside the title, at the other end of its row. */
  tools?: ReactNode;
  isWide?: boolean;
  children: ReactNode;
}

/** A page of the console: its title, one sentence on what it is for, and what it shows. */
export function PageSection({ title, lead, tools, isWide = false, children }: PageSectionProps) {
  const titleId = useId();
  return (
    <section className={isWide ? 'view view-wide' : 'view'} aria-labelledby={titleId}>
      <div className={tools ? 'view-head view-head-row' : 'view-head'}>
        <h2 id={titleId}>{title}</h2>
        {lead ? <p className="muted">{lead}</p> : null}
        {tools}
      </div>
      {children}
    </section>
  );
}
