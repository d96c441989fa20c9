// A page that says one thing and shows a way on.
import type { ReactNode } from 'react';
import { Switches } from './switches.tsx';

export function MessagePage({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <main className="message">
      <p className="brand">Ackademy</p>
      <h1>{title}</h1>
      {children}
      <Switches />
    </main>
  );
}
