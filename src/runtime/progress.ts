// Progress of a long operation: named steps, each told when it starts and when it is done.

export type ProgressStep = 'plan' | 'image' | 'network' | 'host' | 'shell' | 'stop' | 'remove';

export interface ProgressEvent {
  readonly step: ProgressStep;
  /** What is being worked on: a host, a segment, an image. */
  readonly name: string;
  readonly state: 'started' | 'done' | 'failed';
  /** How many of this step's things are done, and how many there are. */
  readonly done: number;
  readonly total: number;
  readonly detail?: string;
}

export type ProgressListener = (event: ProgressEvent) => void;
