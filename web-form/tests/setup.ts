import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// A busy machine may need seconds for what takes milliseconds else.
configure({ asyncUtilTimeout: 10_000 });

// jsdom lays nothing out: the list would believe that nothing of it can be seen.
const SIZES = { clientHeight: 600, clientWidth: 400, offsetHeight: 130, offsetWidth: 400 };
for (const [name, value] of Object.entries(SIZES)) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value });
}

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  window.sessionStorage.clear();
  window.localStorage.clear();
  window.location.hash = '';
  Reflect.deleteProperty(document, 'visibilityState');
});
