// Exercises as pages show them: what to do, whether it is done, and what the latest check saw. Never the solution.
import { z } from 'zod';
import { localText } from './lab.ts';

export const exerciseId = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'must be the id of an exercise')
  .brand<'ExerciseId'>();
export type ExerciseId = z.infer<typeof exerciseId>;

/** `error`: the check itself could not be made; it says nothing about the work. */
export const verdict = z.enum(['pass', 'fail', 'error']);

/** One sentence of a check that did not pass. */
export const checkReason = z.object({
  verdict,
  /** What was to be so. */
  sentence: localText,
  /** What was seen instead. */
  seen: z.string(),
  /** Host, interface or file; empty: the lab. */
  where: z.string(),
});

export const labExercise = z.object({
  id: exerciseId,
  title: localText,
  /** Markdown. */
  task: localText,
  hints: z.array(localText),
  /** Numbers of the ideas that it is about. */
  ideas: z.array(z.number()),
  minutes: z.number(),
  /** What is asked, when it asks something; with choices, the answer is the number of one, from 1. */
  question: z.object({ text: localText, choices: z.array(localText) }).optional(),
  /** Once done it stays done. */
  isDone: z.boolean(),
  /** ms since the Unix epoch. */
  doneAt: z.number().optional(),
  /** A check is being made. */
  isChecking: z.boolean(),
  /** Why the latest check did not pass; empty before the first one and after a pass. */
  reasons: z.array(checkReason),
});
export type LabExercise = z.infer<typeof labExercise>;

export const answerRequest = z.strictObject({ answer: z.string().trim().min(1).max(200) });
export type AnswerRequest = z.infer<typeof answerRequest>;

export const exercisesResponse = z.object({ exercises: z.array(labExercise) });
export type ExercisesResponse = z.infer<typeof exercisesResponse>;

export const exerciseResponse = z.object({ exercise: labExercise });
export type ExerciseResponse = z.infer<typeof exerciseResponse>;
