import { act } from '@testing-library/react';

/** Hides or shows the tab, as a browser would. */
export async function setVisible(isVisible: boolean): Promise<void> {
  Object.defineProperty(document, 'visibilityState', { configurable: true, value: isVisible ? 'visible' : 'hidden' });
  await act(async () => {
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  });
}
