// Preloaded (`node --import`) before a program that is to run on our sockets: a lone host, and our modules for Node's.
import { installLoader } from '../../../src/host/node-net/loader.ts';
import { createNodeNet } from '../../../src/host/node-net/node-net.ts';
import { loneHost } from './lone-host.ts';

installLoader(createNodeNet(loneHost().services));
