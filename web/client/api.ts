// The REST API as functions: answers are checked against src/messages; what goes wrong is always a Fault.
import { Fault } from '../../src/base/fault.ts';
import * as api from '../../src/messages/api.ts';
import {
  exerciseResponse,
  exercisesResponse,
  type AnswerRequest,
  type ExerciseResponse,
  type ExercisesResponse,
} from '../../src/messages/exercise.ts';
import { faultResponse, fromFaultMessage } from '../../src/messages/faults.ts';
import { labDetail, type LabDetail } from '../../src/messages/lab.ts';

/** What a schema of src/messages can do here. */
interface Reader<T> {
  parse(value: unknown): T;
}

const anything: Reader<unknown> = { parse: (value) => value };

async function ask<T>(method: string, path: string, reader: Reader<T>, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new Fault('server-unreachable', 'The lab server does not answer.', {
      cause,
      nextStep: 'Check that it still runs.',
    });
  }
  const value: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return reader.parse(value);
  const refused = faultResponse.safeParse(value);
  if (refused.success) throw fromFaultMessage(refused.data.fault);
  throw new Fault('internal', `The server answered ${response.status}.`);
}

const labPath = (lab: string): string => `/api/labs/${encodeURIComponent(lab)}`;

export const openSession = (request: api.SessionRequest): Promise<api.SessionResponse> =>
  ask('POST', '/api/session', api.sessionResponse, request);
export const readStatus = (): Promise<api.StatusResponse> => ask('GET', '/api/status', api.statusResponse);
export const readCatalogue = (): Promise<api.CatalogueResponse> => ask('GET', '/api/catalogue', api.catalogueResponse);
export const readTemplate = (name: string): Promise<api.TemplateResponse> =>
  ask('GET', `/api/catalogue/${encodeURIComponent(name)}`, api.templateResponse);
export const startLab = (request: api.StartRequest): Promise<api.StartResponse> =>
  ask('POST', '/api/labs', api.startResponse, request);
export const readLab = (lab: string): Promise<LabDetail> => ask('GET', labPath(lab), labDetail);
export const stopLab = async (lab: string): Promise<void> => {
  await ask('DELETE', labPath(lab), anything);
};
export const impair = (lab: string, request: api.ImpairRequest): Promise<LabDetail> =>
  ask('POST', `${labPath(lab)}/impair`, labDetail, request);
export const setSegment = (lab: string, name: string, request: api.SegmentRequest): Promise<LabDetail> =>
  ask('POST', `${labPath(lab)}/segments/${encodeURIComponent(name)}`, labDetail, request);
const exercisePath = (lab: string, id: string): string => `${labPath(lab)}/exercises/${encodeURIComponent(id)}`;
export const readExercises = (lab: string): Promise<ExercisesResponse> =>
  ask('GET', `${labPath(lab)}/exercises`, exercisesResponse);
export const checkExercise = (lab: string, id: string): Promise<ExerciseResponse> =>
  ask('POST', `${exercisePath(lab, id)}/check`, exerciseResponse);
export const answerExercise = (lab: string, id: string, request: AnswerRequest): Promise<ExerciseResponse> =>
  ask('POST', `${exercisePath(lab, id)}/answer`, exerciseResponse, request);
