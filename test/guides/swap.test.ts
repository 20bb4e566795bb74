import { guideContract, linksContract } from './pages.js';

const GUIDE = 'docs/guides/swap.md';

guideContract(GUIDE);
linksContract(GUIDE);
