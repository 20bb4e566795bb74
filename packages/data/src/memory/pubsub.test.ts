import { pubSubContract } from '../pubsub-contract.js';
import { memoryPubSub } from './pubsub.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

pubSubContract(async () => memoryPubSub({ logger: quiet }));
