// The runtime contract on the embedded runtime.
import { EmbeddedRuntime } from '../../src/runtime/embedded/embedded-runtime.ts';
import { runtimeContract } from './runtime-contract.ts';

runtimeContract('embedded', () => Promise.resolve(new EmbeddedRuntime()));
