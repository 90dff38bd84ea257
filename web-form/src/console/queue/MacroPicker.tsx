'use client';

import { useStaffQuery } from '../useStaffQuery';

interface MacroPickerProps {
  conversationId: string;
  onPick: (text: string) => void;
}

/** Puts a macro, filled for this conversation, into the reply. */
export function MacroPicker({ conversationId, onPick }: MacroPickerProps) {
  const found = useStaffQuery('/api/v1/macros', { query: { conversation: conversationId }, pollFactor: 0 });
  const macros = found.data?.macros ?? [];
  if (macros.length === 0) return null;
  return (
    <>
      <label className="visually-hidden" htmlFor="macro">
        Insert a macro
      </label>
      <span className="select">
        <select
          id="macro"
          className="control control-small"
          data-hotkey="m"
          value=""
          onChange={({ target }) => onPick(macros.find(({ id }) => id === target.value)?.filled ?? '')}
        >
          <option value="">Insert a macro…</option>
          {macros.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </span>
    </>
  );
}
