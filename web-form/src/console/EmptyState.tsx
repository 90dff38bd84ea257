export interface EmptyWords {
  title: string;
  text?: string;
}

/** A calm word where there is nothing to show. */
export function EmptyState({ title, text }: EmptyWords) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {text ? <p>{text}</p> : null}
    </div>
  );
}
