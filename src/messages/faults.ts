// Faults as they cross the wire: the same code, place and next step that the command line prints.
import { z } from 'zod';
import { Fault, faultTable, type FaultCode } from '../base/fault.ts';

// The table's keys are exactly the codes: an enumeration needs at least one, and it has many.
const codes = Object.keys(faultTable) as [FaultCode, ...FaultCode[]];

export const faultMessage = z.object({
  code: z.enum(codes),
  /** One sentence. */
  message: z.string(),
  place: z.object({
    file: z.string().optional(),
    line: z.number().optional(),
    column: z.number().optional(),
    key: z.string().optional(),
    lab: z.string().optional(),
    host: z.string().optional(),
  }),
  /** What to do about it, as a sentence; empty when there is nothing. */
  nextStep: z.string(),
});
export type FaultMessage = z.infer<typeof faultMessage>;

/** The body of every answer of the API that is not a success; the status follows from the code. */
export const faultResponse = z.object({ fault: faultMessage });
export type FaultResponse = z.infer<typeof faultResponse>;

export function toFaultMessage(fault: Fault): FaultMessage {
  return { code: fault.code, message: fault.message, place: fault.place, nextStep: fault.nextStep };
}

export function fromFaultMessage(message: FaultMessage): Fault {
  return new Fault(message.code, message.message, { place: message.place, nextStep: message.nextStep });
}

/** A value that must fit `schema`; else a `Fault` bad-argument whose place names the first key that does not. */
export function parseArgument<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const key = issue?.path.map(String).join('.') ?? '';
  throw new Fault('bad-argument', `The ${what} is not acceptable: ${issue?.message ?? 'it does not fit'}.`, {
    place: key === '' ? {} : { key },
  });
}
