// Forwarding across three routers: TTL, routes, MTU, what is refused and who is told.
import { expect, test } from 'vitest';
import { formatIp } from '../../../src/stack/wire/ip-address.ts';
import { ip, threeRouters } from '../../support/stack-world.ts';

test('a ping crosses three routers and each takes one from the TTL', () => {
  const { world, client, server } = threeRouters();
  const outcome = world.ping(client, '10.0.3.2');
  expect(outcome).toMatchObject({ kind: 'reply', reply: { from: ip('10.0.3.2'), ttl: 61 } });
  expect(server.counter('IcmpInEchos')).toBe(1);
  expect(world.end()).toBe(0);
});

test('[RFC1122-3.2.2.4] [RFC1122-3.2.1.7] growing TTLs name one router after the other, then the server answers', () => {
  const { world, client, routers } = threeRouters();
  const hops = [1, 2, 3, 4].map((ttl) => {
    const outcome = world.ping(client, '10.0.3.2', { ttl });
    return outcome.kind === 'error'
      ? `${formatIp(outcome.report.from)} ${outcome.report.kind}`
      : outcome.kind === 'reply'
        ? `${formatIp(outcome.reply.from)} reply`
        : 'silence';
  });
  expect(hops).toEqual([
    '10.0.0.2 time-exceeded',
    '10.0.1.2 time-exceeded',
    '10.0.2.2 time-exceeded',
    '10.0.3.2 reply',
  ]);
  expect(routers[0]?.counter('IcmpOutTimeExcds')).toBe(1);
  expect(routers[0]?.drops()).toContain('ip-ttl-exceeded');
});

test('[RFC1122-3.2.2.1-a] [RFC1122-4.1.3.1] UDP datagrams travel both ways and a closed port is reported', () => {
  const { world, client, server } = threeRouters();
  const heard: string[] = [];
  const echo = server.stack.openUdp({
    port: 7,
    received: ({ payload, source }) => {
      heard.push(`server ${new TextDecoder().decode(payload)}`);
      echo.send(payload, source);
    },
  });
  const socket = client.stack.openUdp({
    received: ({ payload, ttl }) => heard.push(`client ${new TextDecoder().decode(payload)} ${ttl}`),
    icmpError: (report) => heard.push(`${report.kind} ${report.code} port ${report.destination.port}`),
  });
  socket.send(new TextEncoder().encode('hello'), { address: ip('10.0.3.2'), port: 7 });
  socket.send(new TextEncoder().encode('nobody'), { address: ip('10.0.3.2'), port: 9 });
  world.clock.runFor(1000);
  expect(heard).toEqual(['server hello', 'client hello 61', 'unreachable 3 port 9']);
});
