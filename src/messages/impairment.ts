// An impairment as it crosses the wire: the value of wiring/impairment/impairment.ts, checked before anything applies it.
import { z } from 'zod';
import type { Impairment } from '../wiring/impairment/impairment.ts';

const share = z.number().min(0).max(1);
const correlated = z.strictObject({ share, correlation: share });
const maximumDelayMs = 600_000;

export const impairment = z
  .strictObject({
    delay: z
      .strictObject({
        delayMs: z.number().min(0).max(maximumDelayMs),
        jitterMs: z.number().min(0).max(maximumDelayMs),
        correlation: share,
        distribution: z.enum(['uniform', 'normal', 'pareto', 'paretonormal']),
      })
      .optional(),
    loss: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('random'), share, correlation: share }),
        z.strictObject({ kind: z.literal('gilbert-elliott'), p: share, r: share, lossBad: share, lossGood: share }),
      ])
      .optional(),
    duplicate: correlated.optional(),
    corrupt: correlated.optional(),
    reorder: z.strictObject({ share, correlation: share, gap: z.int().min(0).max(10_000) }).optional(),
    rateBitsPerSecond: z.number().min(1_000).max(100e9).optional(),
    limitPackets: z.int().min(1).max(1_000_000).optional(),
  })
  .refine((value) => value.reorder === undefined || value.delay !== undefined, {
    message: 'reordering needs a delay',
    path: ['reorder'],
  }) satisfies z.ZodType<Impairment>;
