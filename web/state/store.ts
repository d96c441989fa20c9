// All that the page knows, in one store; only actions.ts changes it.
import { create } from 'zustand';
import type { StatusResponse } from '../../src/messages/api.ts';
import type { LabExercise } from '../../src/messages/exercise.ts';
import type { FaultMessage } from '../../src/messages/faults.ts';
import type { HostName } from '../../src/messages/ids.ts';
import type { LabDetail, LabSummary, Person } from '../../src/messages/lab.ts';
import type { Place } from './place.ts';

export type Language = 'en' | 'ko';
export type Theme = 'system' | 'light' | 'dark';

/** `stranger`: the server does not know us. */
export type Session =
  | { readonly kind: 'opening' }
  | { readonly kind: 'joining'; readonly token: string }
  | { readonly kind: 'open'; readonly status: StatusResponse }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'unreachable'; readonly fault: FaultMessage };

export interface PageState {
  readonly place: Place;
  readonly language: Language;
  readonly theme: Theme;
  readonly session: Session;
  readonly isConnected: boolean;
  readonly labs: readonly LabSummary[];
  /** The lab entered. */
  readonly detail: LabDetail | undefined;
  /** Why the lab cannot be entered. */
  readonly labFault: FaultMessage | undefined;
  readonly people: readonly Person[];
  /** What there is to do in the lab entered. */
  readonly exercises: readonly LabExercise[];
  /** Terminals on the page, in the order in which they were opened. */
  readonly open: readonly HostName[];
  readonly active: HostName | undefined;
  /** A line of the guide for a terminal; `serial` tells it from the same line clicked again. */
  readonly typed: { readonly host: HostName; readonly text: string; readonly serial: number } | undefined;
  /** A fault of the last thing that somebody tried here. */
  readonly fault: FaultMessage | undefined;
}

export const useStore = create<PageState>(() => ({
  place: { kind: 'catalogue' },
  language: 'en',
  theme: 'system',
  session: { kind: 'opening' },
  isConnected: true,
  labs: [],
  detail: undefined,
  labFault: undefined,
  people: [],
  exercises: [],
  open: [],
  active: undefined,
  typed: undefined,
  fault: undefined,
}));
