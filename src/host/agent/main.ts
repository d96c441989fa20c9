// The container's entry: boots the host that the environment describes and serves whoever attaches.
import { createLabHost } from '../lab-host.ts';
import { RealClock } from '../real-clock.ts';
import { systemRandom } from '../system-random.ts';
import { runAgent, type HostedHost, type HostParts } from './agent.ts';
import { HostAgent } from './host-agent.ts';

const random = systemRandom();
runAgent(new RealClock(), random, hostInContainer);

function hostInContainer(parts: HostParts): HostedHost {
  const { configuration, clock, devices, news, cut, impair } = parts;
  const host = createLabHost({ planned: configuration.host, devices, clock, random });
  const serve = (): HostAgent =>
    new HostAgent({
      host,
      send: news,
      cut,
      impair,
    });
  let agent = serve();
  return {
    handle: (request) => agent.handle(request),
    forgetClient: () => {
      agent.dispose();
      agent = serve();
    },
  };
}
