import { guideContract, linksContract } from './pages.js';

const GUIDE = 'docs/guides/write-a-plugin.md';

guideContract(GUIDE);
linksContract(GUIDE);
linksContract('examples/custom-plugin/README.md');
