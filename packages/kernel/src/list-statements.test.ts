import { expect, it } from 'vitest';
import { listStatements } from './list-statements.js';
import { compileStatement } from './statement.js';

const { older, newer } = listStatements<{ account: string; status: string | null }, object>({
  name: 'thing_list',
  columns: 'id, status, owner.name',
  as: 't',
  table: '{schema}.things',
  where: 'account = :account',
  filters: { status: ['text', 'status = :status'] },
  join: 'left join {schema}.owners owner on owner.id = t.owner_id',
});

it('chooses the rows of a page before it joins anything to them', () => {
  const { text, order } = compileStatement(older, 'pay');

  expect(text).toBe(`select id, status, owner.name from (
  select * from "pay".things
   where account = $1
     and ($2::text is null or status = $2)
     and ($3::text is null or id collate "POSIX" < $3)
   order by id collate "POSIX" desc limit least($4::int, 101)) t left join "pay".owners owner on owner.id = t.owner_id
 order by t.id collate "POSIX" desc`);
  expect(order).toEqual(['account', 'status', 'cursor', 'limit']);
});

it('reads the page before a cursor from the cursor on', () => {
  expect(newer.text).toMatch(/id collate "POSIX" > :cursor[^]*asc limit[^]* asc$/);
});

it('has no page planned for another one', () => {
  expect([older.planEachTime, newer.planEachTime]).toEqual([true, true]);
});
