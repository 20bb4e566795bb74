import { fakeClock } from '@itpay/testkit';
import { expect, it } from 'vitest';
import { QuestionBudget } from './budget.js';

function budget() {
  const clock = fakeClock('2026-11-22T00:00:00Z');
  const questions = new QuestionBudget(() => clock.now());
  const takeAll = () => {
    let taken = 0;
    while (questions.take()) taken += 1;
    return taken;
  };
  return { clock, questions, takeAll };
}

it('lets thirty questions out, and one more every two seconds', () => {
  const { clock, takeAll } = budget();

  expect(takeAll()).toBe(30);
  clock.advance(1_999);
  expect(takeAll()).toBe(0);
  clock.advance(1);
  expect(takeAll()).toBe(1);
  clock.advance(7_000);
  expect(takeAll()).toBe(3);
  clock.advance(1_000);
  expect(takeAll()).toBe(1);
  clock.advance('1h');
  expect(takeAll()).toBe(30);
});

it('costs nothing for a question that proved something', () => {
  const { questions, takeAll } = budget();

  for (let n = 0; n < 1_000; n += 1) {
    expect(questions.take()).toBe(true);
    questions.giveBack();
  }

  expect(takeAll()).toBe(30);
});

it('never holds more than it began with', () => {
  const { questions, takeAll } = budget();

  questions.giveBack();

  expect(takeAll()).toBe(30);
});

it('does not mind a clock that is set back', () => {
  const { clock, takeAll } = budget();
  takeAll();

  clock.set('2026-11-21T00:00:00Z');
  expect(takeAll()).toBe(0);
  clock.advance('2s');

  expect(takeAll()).toBe(1);
});
