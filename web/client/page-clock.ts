// The browser's time as a Clock, so that what waits on the page can be tested on virtual time.
import type { Clock, Timer } from '../../src/base/clock.ts';

export class PageClock implements Clock {
  now(): number {
    return performance.now();
  }

  wallClock(): number {
    return Date.now();
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const id = setTimeout(callback, Math.max(0, delayMs));
    return { cancel: () => clearTimeout(id) };
  }
}
