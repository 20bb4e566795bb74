import { hundredSeeds } from './seeds.js';

hundredSeeds(100);
