'use client';

import { useCallback, useEffect, useRef } from 'react';

type Task = () => void;

/**
 * Returns `run(task)`: at once, or when the pressed mouse button or finger is lifted. A field that
 * shows its error while a click is half done would move the button away from under the pointer.
 */
export function useAfterPointer(): (task: Task) => void {
  const isDown = useRef(false);
  const waiting = useRef<Task[]>([]);

  useEffect(() => {
    const press = () => {
      isDown.current = true;
    };
    const lift = () => {
      isDown.current = false;
      // The click event follows the lift within the same task.
      setTimeout(() => waiting.current.splice(0).forEach((task) => task()), 0);
    };
    window.addEventListener('pointerdown', press, true);
    window.addEventListener('pointerup', lift, true);
    window.addEventListener('pointercancel', lift, true);
    return () => {
      window.removeEventListener('pointerdown', press, true);
      window.removeEventListener('pointerup', lift, true);
      window.removeEventListener('pointercancel', lift, true);
    };
  }, []);

  return useCallback((task) => {
    if (isDown.current) waiting.current.push(task);
    else task();
  }, []);
}
