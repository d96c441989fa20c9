// A point-to-point link: two ends, no length, no loss of its own. What is wrong with it is put on its ends (ImpairedDevice).
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { Delivery } from './delivery.ts';
import { PipeDevice } from './devices/pipe-device.ts';
import type { Attachment, Segment } from './segment.ts';

export class Link implements Segment {
  readonly #ends: PipeDevice[] = [];
  readonly #delivery: Delivery<PipeDevice>;
  #cut = false;
  #up = true;
  #lostFrames = 0;

  constructor(clock: Clock) {
    this.#delivery = new Delivery(clock, (target, frame, offload) => {
      if (this.#cut) this.#lostFrames += 1;
      else target.deliver(frame, offload);
    });
  }

  get lostFrames(): number {
    return this.#lostFrames;
  }

  /** Called twice: a link has two ends. */
  attach(attachment: Attachment): PipeDevice {
    const own = this.#ends.length;
    assert(own < 2, 'a link has two ends');
    const end = new PipeDevice({
      ...attachment,
      carry: (frame, offload) => {
        const other = this.#ends[1 - own];
        if (this.#cut || other === undefined) this.#lostFrames += 1;
        else this.#delivery.put(other, frame, offload);
      },
    });
    this.#ends.push(end);
    end.setCarrier(this.#up);
    return end;
  }

  setCut(cut: boolean): void {
    this.#cut = cut;
    if (cut) this.#delivery.clear();
  }

  setUp(up: boolean): void {
    this.#up = up;
    if (!up) this.#delivery.clear();
    for (const end of this.#ends) end.setCarrier(up);
  }

  dispose(): void {
    this.#delivery.clear();
  }
}
