'use client';

import { useEffect, useRef } from 'react';

/** Keys and what they do; a control with the same `data-hotkey` is pressed, or gets the focus where it takes text. */
const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['j', 'Next conversation'],
  ['k', 'Previous conversation'],
  ['/', 'Search'],
  ['x', 'Select the open conversation'],
  ['t', 'Take'],
  ['r', 'Reply'],
  ['m', 'Insert a macro'],
  ['n', 'Add a note'],
  ['a', 'Assign'],
  ['g', 'Tags'],
  ['p', 'Priority'],
  ['s', 'Snooze'],
  ['e', 'Resolve'],
  ['!', 'Mark as spam'],
  ['1', 'View: waiting'],
  ['2', 'View: mine'],
  ['3', 'View: unassigned'],
  ['4', 'View: all'],
  ['c', 'New conversation'],
  ['Escape', 'Back to the queue'],
  ['?', 'This sheet'],
];

const TAKES_TEXT = 'input:not([type=checkbox]), textarea, select, [contenteditable=true]';

/** Presses the control that a key stands for; leaves keys alone that are typed into a field. */
export function Hotkeys() {
  const sheet = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (sheet.current?.open) return;
      if (target?.matches(TAKES_TEXT)) {
        if (event.key === 'Escape' && target instanceof HTMLElement) target.blur();
        return;
      }
      if (event.key === '?') {
        event.preventDefault();
        sheet.current?.showModal?.();
        return;
      }
      const control = document.querySelector<HTMLElement>(`[data-hotkey="${CSS.escape(event.key)}"]`);
      if (!control) return;
      event.preventDefault();
      if (control.matches(TAKES_TEXT)) control.focus();
      else control.click();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);

  return (
    <>
      <button type="button" className="button button-plain button-small" aria-label="Keyboard shortcuts" onClick={() => sheet.current?.showModal?.()}>
        ?
      </button>
      <dialog ref={sheet} className="hotkeys" aria-labelledby="hotkeys-title">
        <h2 id="hotkeys-title">Keyboard</h2>
        <dl>
          {KEYS.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key === 'Escape' ? 'Esc' : key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit" className="button button-small">
            Close
          </button>
        </form>
      </dialog>
    </>
  );
}
