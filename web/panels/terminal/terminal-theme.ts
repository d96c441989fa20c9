// The terminal's colours, which follow the page's.
import { useSyncExternalStore } from 'react';
import type { ITheme } from '@xterm/xterm';
import { useStore } from '../../state/store.ts';

const light: ITheme = {
  background: '#fbfaf7',
  foreground: '#24292e',
  cursor: '#0b6e69',
  cursorAccent: '#fbfaf7',
  selectionBackground: '#cfe6e3',
  black: '#24292e',
  red: '#b3261e',
  green: '#1a7f37',
  yellow: '#8a6100',
  blue: '#0a58a8',
  magenta: '#8a3a9c',
  cyan: '#0b6e69',
  white: '#6b7078',
  brightBlack: '#6b7078',
  brightRed: '#b3261e',
  brightGreen: '#1a7f37',
  brightYellow: '#8a6100',
  brightBlue: '#0a58a8',
  brightMagenta: '#8a3a9c',
  brightCyan: '#0b6e69',
  brightWhite: '#24292e',
};
const dark: ITheme = {
  background: '#0f1418',
  foreground: '#d9e0e5',
  cursor: '#5cc8bf',
  cursorAccent: '#0f1418',
  selectionBackground: '#27474a',
  black: '#1c242a',
  red: '#f08a80',
  green: '#85c991',
  yellow: '#e0bf72',
  blue: '#84b5f0',
  magenta: '#cf9be0',
  cyan: '#5cc8bf',
  white: '#d9e0e5',
  brightBlack: '#7d8a93',
  brightRed: '#f5a59d',
  brightGreen: '#a3d9ad',
  brightYellow: '#ecd192',
  brightBlue: '#a5caf5',
  brightMagenta: '#dfb8ea',
  brightCyan: '#86d9d2',
  brightWhite: '#f5f8fa',
};

const query = matchMedia('(prefers-color-scheme: dark)');
const subscribe = (changed: () => void): (() => void) => {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
};

export function useTerminalTheme(): ITheme {
  const theme = useStore((state) => state.theme);
  const systemIsDark = useSyncExternalStore(subscribe, () => query.matches);
  return theme === 'dark' || (theme === 'system' && systemIsDark) ? dark : light;
}
