'use client';

import { focusManager } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

const subscribe = (onChange: () => void) => focusManager.subscribe(onChange);

/** Whether the tab is shown: the same answer by which queries pause and go on. */
export function useIsVisible(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => focusManager.isFocused(),
    () => true,
  );
}
