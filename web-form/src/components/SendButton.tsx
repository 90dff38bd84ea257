import type { ComponentProps } from 'react';

interface SendButtonProps extends ComponentProps<'button'> {
  isBusy: boolean;
  /** Until it may be pressed again. */
  waitSeconds?: number;
  busyText: string;
}

/** A button that stays focusable while it may not be pressed, so that the keyboard never loses its place. */
export function SendButton({
  isBusy,
  waitSeconds = 0,
  busyText,
  children,
  className = 'button button-primary',
  ...rest
}: SendButtonProps) {
  const isBarred = isBusy || waitSeconds > 0;
  return (
    <button
      type="submit"
      {...rest}
      className={className}
      aria-disabled={isBarred ? 'true' : undefined}
      onClick={(event) => {
        if (isBarred) event.preventDefault();
        else rest.onClick?.(event);
      }}
    >
      {isBusy ? <span className="spinner" aria-hidden="true" /> : null}
      <span>{isBusy ? busyText : waitSeconds > 0 ? `Try again in ${waitSeconds} s` : children}</span>
    </button>
  );
}
