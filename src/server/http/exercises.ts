// Exercises of a lab: how they stand, a check on demand, an answer.
import { Router } from 'express';
import { authorise } from '../../classroom/policy.ts';
import { answerRequest, type ExerciseResponse, type ExercisesResponse } from '../../messages/exercise.ts';
import { parseArgument } from '../../messages/faults.ts';
import type { ServerContext } from '../context.ts';
import { memberOf } from './admission.ts';

export function exercisesRouter(context: ServerContext): Router {
  const router = Router();
  const { registry } = context;

  router.get('/labs/:lab/exercises', async (request, response) => {
    const { lab } = request.params;
    authorise(memberOf(response), 'do exercises', lab);
    response.json({ exercises: await registry.get(lab).exercises() } satisfies ExercisesResponse);
  });

  router.post('/labs/:lab/exercises/:id/check', async (request, response) => {
    const { lab, id } = request.params;
    authorise(memberOf(response), 'do exercises', lab);
    response.json({ exercise: await registry.get(lab).checkExercise(id) } satisfies ExerciseResponse);
  });

  router.post('/labs/:lab/exercises/:id/answer', async (request, response) => {
    const { lab, id } = request.params;
    authorise(memberOf(response), 'do exercises', lab);
    const { answer } = parseArgument(answerRequest, request.body, 'request');
    response.json({ exercise: await registry.get(lab).answerExercise(id, answer) } satisfies ExerciseResponse);
  });
  return router;
}
