// What there is to do: task, hints, a question, and whether it is done.
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { LabExercise } from '../../../src/messages/exercise.ts';
import type { LabDetail } from '../../../src/messages/lab.ts';
import { Button } from '../../kit/button.tsx';
import { answerExercise, checkExercise } from '../../state/actions.ts';
import { useStore } from '../../state/store.ts';
import { Blocks, Inlines } from '../guide/blocks.tsx';
import { inlines, selectGuide } from '../guide/select-guide.ts';
import './exercises.css';

type Lab = LabDetail['lab'];

export function Exercises({ lab }: { readonly lab: Lab }) {
  const { t } = useTranslation();
  const exercises = useStore((state) => state.exercises);
  const [chosen, setChosen] = useState<string>();
  if (exercises.length === 0) return <p className="soft">{t('noExercises')}</p>;
  const done = exercises.filter(({ isDone }) => isDone).length;
  // What comes next is open by itself.
  const shown = chosen ?? exercises.find(({ isDone }) => !isDone)?.id;
  return (
    <>
      <p className="soft" role="status">
        {t('exercisesDone', { done, total: exercises.length })}
      </p>
      <ol className="exercises">
        {exercises.map((exercise, index) => (
          <ExerciseItem
            key={exercise.id}
            number={index + 1}
            lab={lab}
            exercise={exercise}
            isShown={exercise.id === shown}
            toggle={() => setChosen(exercise.id === shown ? '' : exercise.id)}
          />
        ))}
      </ol>
    </>
  );
}

interface ItemProps {
  readonly number: number;
  readonly lab: Lab;
  readonly exercise: LabExercise;
  readonly isShown: boolean;
  readonly toggle: () => void;
}

function ExerciseItem({ number, lab, exercise, isShown, toggle }: ItemProps) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const { isDone, title, minutes } = exercise;
  return (
    <li className="exercise" data-done={isDone}>
      <button type="button" className="exercise-head" aria-expanded={isShown} onClick={toggle}>
        <span className="exercise-mark" aria-hidden="true">
          {isDone ? '✓' : number}
        </span>
        <span className="exercise-title">{title[language]}</span>
        <span className="soft">{isDone ? t('exerciseDone') : t('exerciseMinutes', { minutes })}</span>
      </button>
      {isShown && <ExerciseBody lab={lab} exercise={exercise} />}
    </li>
  );
}

function ExerciseBody({ lab, exercise }: { readonly lab: Lab; readonly exercise: LabExercise }) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const [hints, setHints] = useState(0);
  const { id, task, question, isDone, isChecking, reasons } = exercise;
  return (
    <div className="exercise-body guide">
      <Blocks blocks={selectGuide(task[language], lab.hosts)} />
      {exercise.hints.slice(0, hints).map((hint, index) => (
        <p key={index} className="exercise-hint">
          <Inlines parts={inlines(hint[language], lab.hosts)} />
        </p>
      ))}
      {!isDone && question !== undefined && <Question lab={lab.id} id={id} question={question} />}
      {!isDone && reasons.length > 0 && (
        <ul className="exercise-reasons" role="status">
          {reasons.map((reason, index) => (
            <li key={index}>
              {reason.verdict === 'error' ? t('notChecked') : reason.sentence[language]}
              <br />
              <span className="soft">{t('seen', { seen: reason.seen })}</span>
            </li>
          ))}
        </ul>
      )}
      {!isDone && (
        <div className="exercise-actions">
          <Button kind="primary" disabled={isChecking} onPress={() => void checkExercise(lab.id, id)}>
            {isChecking ? t('checking') : t('check')}
          </Button>
          {hints < exercise.hints.length && <Button onPress={() => setHints(hints + 1)}>{t('showHint')}</Button>}
        </div>
      )}
    </div>
  );
}

interface QuestionProps {
  readonly lab: string;
  readonly id: string;
  readonly question: NonNullable<LabExercise['question']>;
}

function Question({ lab, id, question }: QuestionProps) {
  const { t } = useTranslation();
  const language = useStore((state) => state.language);
  const [answer, setAnswer] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (answer.trim() !== '') void answerExercise(lab, id, answer);
  };
  return (
    <form className="exercise-question" onSubmit={submit}>
      <strong>{question.text[language]}</strong>
      {question.choices.length === 0 && (
        <input
          aria-label={t('yourAnswer')}
          placeholder={t('yourAnswer')}
          value={answer}
          onChange={(event) => setAnswer(event.target.value)}
        />
      )}
      {question.choices.map((choice, index) => (
        <label key={index}>
          <input
            type="radio"
            name={`answer-${id}`}
            checked={answer === String(index + 1)}
            onChange={() => setAnswer(String(index + 1))}
          />
          {choice[language]}
        </label>
      ))}
      <Button type="submit" disabled={answer.trim() === ''}>
        {t('sendAnswer')}
      </Button>
    </form>
  );
}
