// Expected failures: each has a stable code, a place, and a next step for the person who meets it.
// The one table of codes lives here, so that the CLI's exit codes, HTTP statuses and documentation cannot drift apart.

/** Exit status for the CLI and HTTP status for the API, per fault code. */
export const faultTable = {
  'bad-argument': { exitCode: 2, httpStatus: 400, meaning: 'a command line or request value is not acceptable' },
  'template-invalid': {
    exitCode: 2,
    httpStatus: 422,
    meaning: 'a lab template does not fit the schema or contradicts itself',
  },
  'template-unknown': { exitCode: 4, httpStatus: 404, meaning: 'no template has that name' },
  'lab-unknown': { exitCode: 4, httpStatus: 404, meaning: 'no running lab has that id' },
  'host-unknown': { exitCode: 4, httpStatus: 404, meaning: 'the lab has no host of that name' },
  'host-down': { exitCode: 5, httpStatus: 409, meaning: 'the host is not running' },
  'command-timeout': { exitCode: 124, httpStatus: 504, meaning: 'a command did not end within its time limit' },
  'port-busy': { exitCode: 3, httpStatus: 503, meaning: 'the address to listen on is taken' },
  'engine-unreachable': { exitCode: 3, httpStatus: 503, meaning: 'the Docker engine does not answer' },
  'engine-refused': { exitCode: 3, httpStatus: 502, meaning: 'the Docker engine answered with an error' },
  'image-build-failed': { exitCode: 3, httpStatus: 502, meaning: 'the host image could not be built' },
  'limit-reached': {
    exitCode: 5,
    httpStatus: 429,
    meaning: 'a limit of the server, runtime or kernel does not allow this',
  },
  'runtime-unsupported': { exitCode: 5, httpStatus: 409, meaning: 'this runtime cannot do that' },
  'server-unreachable': { exitCode: 3, httpStatus: 503, meaning: 'no lab server answers' },
  'not-authorised': { exitCode: 6, httpStatus: 401, meaning: 'who asks is not known or may not do this' },
  internal: { exitCode: 70, httpStatus: 500, meaning: 'a bug in Ackademy' },
} as const;

export type FaultCode = keyof typeof faultTable;

/** Where a fault happened; only what is known is filled in. Lines and columns count from 1. */
export interface FaultPlace {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly key?: string;
  readonly lab?: string;
  readonly host?: string;
}

/** An expected failure, for a person. Bugs are `AssertionFailure`s instead. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly place: FaultPlace;
  /** What the person can do about it, as a sentence; empty when there is nothing. */
  readonly nextStep: string;

  constructor(
    code: FaultCode,
    message: string,
    details: { readonly place?: FaultPlace; readonly nextStep?: string; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.place = details.place ?? {};
    this.nextStep = details.nextStep ?? '';
  }

  get exitCode(): number {
    return faultTable[this.code].exitCode;
  }

  get httpStatus(): number {
    return faultTable[this.code].httpStatus;
  }
}

/** `file:line:column (key)` as far as known; empty text for an unknown place. */
export function formatPlace(place: FaultPlace): string {
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
  const key = place.key === undefined ? '' : `(${place.key})`;
  const inside = [place.lab && `lab ${place.lab}`, place.host && `host ${place.host}`].filter(Boolean).join(', ');
  return [position, key, inside].filter((part) => part !== '').join(' ');
}

/** One sentence (or two, with the next step), as the CLI prints and the API sends it. */
export function formatFault(fault: Fault): string {
  const place = formatPlace(fault.place);
  return `${place === '' ? '' : `${place}: `}${fault.message}${fault.nextStep === '' ? '' : ` ${fault.nextStep}`}`;
}
