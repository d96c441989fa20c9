// What the page does: opens the session, goes to places, and asks the server for changes.
import { Fault } from '../../src/base/fault.ts';
import type { LabExercise } from '../../src/messages/exercise.ts';
import type { FaultMessage } from '../../src/messages/faults.ts';
import { toFaultMessage } from '../../src/messages/faults.ts';
import type { ImpairRequest } from '../../src/messages/api.ts';
import { hostName, labId, templateName, type HostName } from '../../src/messages/ids.ts';
import * as api from '../client/api.ts';
import { openRealtime, type RealtimeLine } from '../client/realtime.ts';
import { closeTerminals } from '../client/terminal-hub.ts';
import i18n from '../i18n/i18n.ts';
import { foldNews } from './fold-news.ts';
import { placeOf, tokenOf } from './place.ts';
import { remember, remembered } from './remembered.ts';
import { useStore, type Language, type Theme } from './store.ts';

/** Terminals side by side; the one opened first makes room for the next. */
const maximumOpen = 4;

let line: RealtimeLine | undefined;
const set = useStore.setState;
const get = useStore.getState;

export function faultMessageOf(error: unknown): FaultMessage {
  return toFaultMessage(
    error instanceof Fault ? error : new Fault('internal', error instanceof Error ? error.message : String(error)),
  );
}

/** Does something and shows what went wrong; true when nothing did. */
async function attempt(work: () => Promise<void>): Promise<boolean> {
  set({ fault: undefined });
  try {
    await work();
    return true;
  } catch (error) {
    const fault = faultMessageOf(error);
    if (fault.code === 'not-authorised' && !(await isKnown())) becomeStranger();
    else set({ fault });
    return false;
  }
}

async function isKnown(): Promise<boolean> {
  return await api.readStatus().then(
    () => true,
    (error: unknown) => faultMessageOf(error).code !== 'not-authorised',
  );
}

/** The page has been loaded: who are we, and where? */
export async function begin(): Promise<void> {
  const language: Language = (remembered('language') ?? navigator.language).slice(0, 2) === 'ko' ? 'ko' : 'en';
  const theme = remembered('theme');
  setLanguage(language, false);
  setTheme(theme === 'light' || theme === 'dark' ? theme : 'system', false);
  set({ place: placeOf(location.pathname) });
  addEventListener('popstate', () => arrive());
  const token = tokenOf(location.hash);
  if (token === undefined) return await enter();
  // The token stays out of the history, of screenshots and of copied addresses.
  history.replaceState(null, '', location.pathname);
  if (get().place.kind === 'join') set({ session: { kind: 'joining', token } });
  else await signIn(token, remembered('name'));
}

async function signIn(token: string, name: string | undefined): Promise<void> {
  try {
    await api.openSession({ token, ...(name !== undefined && { name }) });
  } catch (error) {
    const fault = faultMessageOf(error);
    if (fault.code === 'not-authorised') becomeStranger();
    else set({ session: { kind: 'unreachable', fault } });
    return;
  }
  await enter();
}

/** A player has said what to call them. */
export async function join(token: string, name: string): Promise<void> {
  remember('name', name);
  await signIn(token, name);
}

async function enter(): Promise<void> {
  try {
    const status = await api.readStatus();
    const { place } = get();
    set({ session: { kind: 'open', status } });
    const { lab } = status.me;
    if (lab !== undefined && place.kind !== 'lab') history.replaceState(null, '', `/labs/${lab}`);
    else if (place.kind === 'join') history.replaceState(null, '', `/labs/${place.lab}`);
    openLine();
    arrive();
  } catch (error) {
    const fault = faultMessageOf(error);
    if (fault.code === 'not-authorised') becomeStranger();
    else set({ session: { kind: 'unreachable', fault } });
  }
}

export async function tryAgain(): Promise<void> {
  set({ session: { kind: 'opening' } });
  await enter();
}

function becomeStranger(): void {
  line?.close();
  line = undefined;
  closeTerminals();
  set({ session: { kind: 'stranger' } });
}

function openLine(): void {
  line?.close();
  line = openRealtime({
    connected: () => {
      set({ isConnected: true });
      enterLab();
    },
    disconnected: () => set({ isConnected: false }),
    refused: () => becomeStranger(),
    news: (news) => set((state) => foldNews(state, news)),
  });
}

/** Goes to a path within the page. */
export function go(path: string): void {
  history.pushState(null, '', path);
  arrive();
}

function arrive(): void {
  const place = placeOf(location.pathname);
  const { detail } = get();
  const isSameLab = place.kind === 'lab' && detail?.lab.id === place.lab;
  set({ place, fault: undefined, labFault: undefined });
  if (!isSameLab) set({ detail: undefined, people: [], exercises: [], open: [], active: undefined, typed: undefined });
  enterLab();
}

function enterLab(): void {
  const { place } = get();
  if (place.kind !== 'lab') {
    line?.request({ kind: 'leave-lab' }, () => undefined);
    return;
  }
  const lab = labId.safeParse(place.lab);
  if (!lab.success) {
    set({ labFault: faultMessageOf(new Fault('lab-unknown', `No lab is called ${place.lab}.`)) });
    return;
  }
  const refused = (fault: FaultMessage): void => set({ labFault: fault });
  line?.request({ kind: 'enter-lab', lab: lab.data }, refused);
}

export async function launch(template: string): Promise<void> {
  await attempt(async () => {
    const { labId: lab } = await api.startLab({ template: templateName.parse(template) });
    go(`/labs/${lab}`);
  });
}

export async function stop(lab: string): Promise<void> {
  await attempt(() => api.stopLab(lab));
}

export async function impair(lab: string, request: ImpairRequest): Promise<boolean> {
  return await attempt(async () => {
    const detail = await api.impair(lab, request);
    set((state) => foldNews(state, { kind: 'lab', detail }));
  });
}

export async function setSegment(lab: string, name: string, state: 'up' | 'cut'): Promise<void> {
  await attempt(async () => {
    const detail = await api.setSegment(lab, name, { state });
    set((known) => foldNews(known, { kind: 'lab', detail }));
  });
}

/** True when the link is on the clipboard. */
export async function copyJoinLink(lab: string): Promise<boolean> {
  return await attempt(async () => {
    const { joinLink } = await api.readLab(lab);
    if (joinLink === undefined) throw new Fault('not-authorised', 'Only instructors are told the join link.');
    await navigator.clipboard.writeText(joinLink).catch(() => {
      // Browsers give the clipboard only to https and to this machine itself.
      prompt(i18n.t('copyByHand'), joinLink);
    });
  });
}

/** How the exercises stand: asked once on entering; news tell the rest. */
export async function loadExercises(lab: string): Promise<void> {
  await attempt(async () => {
    const { exercises } = await api.readExercises(lab);
    if (get().detail?.lab.id === lab) set({ exercises });
  });
}

export async function checkExercise(lab: string, id: string): Promise<void> {
  await attempt(async () => takeExercise((await api.checkExercise(lab, id)).exercise));
}

export async function answerExercise(lab: string, id: string, answer: string): Promise<void> {
  await attempt(async () => takeExercise((await api.answerExercise(lab, id, { answer })).exercise));
}

function takeExercise(changed: LabExercise): void {
  set(({ exercises }) => ({ exercises: exercises.map((known) => (known.id === changed.id ? changed : known)) }));
}

export function openHost(name: string): void {
  const host = hostName.parse(name);
  const { open } = get();
  const next = open.includes(host) ? open : [...open, host].slice(-maximumOpen);
  set({ open: next });
  activateHost(host);
}

export function activateHost(host: HostName): void {
  if (get().active === host) return;
  set({ active: host });
  line?.request({ kind: 'look-at', host }, () => undefined);
}

export function closeHost(host: HostName): void {
  const open = get().open.filter((other) => other !== host);
  const active = get().active === host ? open.at(-1) : get().active;
  set({ open, active });
  line?.request({ kind: 'look-at', ...(active !== undefined && { host: active }) }, () => undefined);
}

/** Opens the host's terminal and types a line there; Enter is left to the student. */
export function typeInto(name: string, text: string): void {
  openHost(name);
  set({ typed: { host: hostName.parse(name), text, serial: (get().typed?.serial ?? 0) + 1 } });
}

export function dismissFault(): void {
  set({ fault: undefined });
}

export function setLanguage(language: Language, keep = true): void {
  if (keep) remember('language', language);
  document.documentElement.lang = language;
  void i18n.changeLanguage(language);
  set({ language });
}

export function setTheme(theme: Theme, keep = true): void {
  if (keep) remember('theme', theme);
  document.documentElement.dataset['theme'] = theme;
  set({ theme });
}
