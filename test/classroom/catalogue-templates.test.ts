// The catalogue as the classroom knows it: entries for cards, plans that repeat.
import { expect, test } from 'vitest';
import { catalogueTemplates } from '../../src/classroom/catalogue-templates.ts';
import { catalogueEntry } from '../../src/messages/api.ts';

test('every template has a card that pages can read', async () => {
  const entries = await catalogueTemplates.list();
  expect(entries.map((entry) => entry.name)).toContain('hello');
  for (const entry of entries) {
    expect(catalogueEntry.parse(entry)).toEqual(entry);
    expect(entry.hosts).toBeGreaterThan(1);
    expect((await catalogueTemplates.read(entry.name)).entry).toEqual(entry);
  }
});

test('the same name and seed give the same plan, another seed another', async () => {
  const plan = await catalogueTemplates.plan('hello', 'one');
  expect(await catalogueTemplates.plan('hello', 'one')).toEqual(plan);
  expect(await catalogueTemplates.plan('hello', 'two')).not.toEqual(plan);
  expect(plan).toMatchObject({ template: 'hello', seed: 'one' });
});

test('an unknown template is named, with what was probably meant', async () => {
  await expect(catalogueTemplates.plan('helo', 's')).rejects.toMatchObject({ code: 'template-unknown' });
});
