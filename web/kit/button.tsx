// A button in the page's four manners.
import type { ReactNode } from 'react';

interface ButtonProps {
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  /** For screen readers, when the text alone would not say enough. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly type?: 'button' | 'submit';
  readonly onPress?: () => void;
  readonly children: ReactNode;
}

export function Button({ kind = 'plain', label, disabled = false, type = 'button', onPress, children }: ButtonProps) {
  return (
    <button
      type={type === 'submit' ? 'submit' : 'button'}
      className={`button ${kind}`}
      aria-label={label}
      disabled={disabled}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
